#include "sandbox/desk.hpp"

#include <utility>

namespace carillon::sandbox {
namespace {

Response hung_up() {
    Response response;
    response.abort = true;
    return response;
}

Response proxy_page(int status) {
    Response response;
    response.status = status;
    response.content_type = "text/html; charset=UTF-8";
    response.body = "<!DOCTYPE html>\n<html lang=en><title>Error " + std::to_string(status) +
                    "</title>\n<p>The server encountered a temporary error and could not complete your "
                    "request.\n</html>\n";
    return response;
}

Response without_body(int status) {
    Response response;
    response.status = status;
    response.content_type = "text/plain";
    return response;
}

// What strikes before the call has been looked at.
Response unseen(Errand& errand, const Fault& fault) {
    switch (fault.kind) {
        case FaultKind::drop: return hung_up();
        case FaultKind::html: return proxy_page(fault.status);
        case FaultKind::empty: return without_body(fault.status);
        default: return errand.fail(fault);
    }
}

}  // namespace

asio::awaitable<Result<Response>> Desk::serve(Errand& errand) {
    const auto id = calls_.begin(errand.provider, errand.target, now()).id;
    std::string_view applied;
    auto response = co_await answer(errand, applied);
    // Others came meanwhile; it may have been forgotten.
    if (auto* call = calls_.find(id)) {
        call->fault = applied;
        if (!response.abort) call->status = response.status;
        call->message_ids = std::move(errand.message_ids);
        call->myop_ref_id = std::move(errand.myop_ref_id);
    }
    co_return response;
}

asio::awaitable<Response> Desk::answer(Errand& errand, std::string_view& applied) {
    const auto fault = faults_.meeting(errand.provider, errand.target);
    if (!fault) {
        if (auto refusal = errand.refuse()) co_return std::move(*refusal);
        co_return errand.accept(nullptr);
    }
    const auto& info = describe(fault->kind);
    if (info.strikes != Strikes::unseen)
        // A call that is not in order would not have come so far as to meet it.
        if (auto refusal = errand.refuse()) co_return std::move(*refusal);
    faults_.spend(*fault);
    applied = info.name;
    if (fault->latency.count() > 0 && fault->kind != FaultKind::slow_body) {
        const bool waited = co_await pauses_.wait(fault->latency);
        if (!waited) co_return hung_up();
    }
    if (info.strikes == Strikes::unseen) co_return unseen(errand, *fault);
    if (info.strikes == Strikes::instead) co_return errand.fail(*fault);
    co_return co_await carry_out(errand, *fault);
}

asio::awaitable<Response> Desk::carry_out(Errand& errand, const Fault& fault) {
    auto response = errand.accept(&fault);
    switch (fault.kind) {
        case FaultKind::drop_after: co_return hung_up();
        case FaultKind::invalid_json: response.body.resize(response.body.size() / 2); break;
        case FaultKind::slow_body: {
            // Stands in for a body that trickles: the whole answer comes late.
            const bool waited = co_await pauses_.wait(fault.latency);
            if (!waited) co_return hung_up();
            break;
        }
        default: break;
    }
    co_return response;
}

}  // namespace carillon::sandbox
