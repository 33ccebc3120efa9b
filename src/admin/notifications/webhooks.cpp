#include "admin/notifications/webhooks.hpp"

#include <algorithm>
#include <carillon/bytes.hpp>
#include <carillon/log.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace carillon::admin {
namespace {

// The password of "Basic dXNlcjpwYXNzd29yZA=="; the name before it is anybody's.
std::optional<std::string> basic_password(std::string_view header) {
    constexpr std::string_view scheme = "basic ";
    const auto same = [](char expected, char given) { return expected == (given | 0x20); };
    if (header.size() < scheme.size() || !std::equal(scheme.begin(), scheme.end(), header.begin(), same))
        return std::nullopt;
    std::string text{header.substr(scheme.size())};
    while (text.ends_with('=')) text.pop_back();
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    const auto pair = from_base64url(text);
    if (!pair) return std::nullopt;
    const auto colon = pair->find(':');
    if (colon == pair->npos) return std::nullopt;
    return pair->substr(colon + 1);
}

std::string_view name_of(notify::Receiving receiving) {
    switch (receiving) {
        case notify::Receiving::applied: return "applied";
        case notify::Receiving::repeated: return "repeated";
        case notify::Receiving::unknown_message: return "unknown_message";
        case notify::Receiving::early: return "early";
    }
    return "";
}

}  // namespace

Webhooks::Webhooks(notify::Inbound& inbound, Secret key, Reader reader)
    : inbound_{inbound}, key_{std::move(key)}, reader_{std::move(reader)} {}

http::Routes Webhooks::routes() {
    // A probe: a provider's receipts come as fast as our messages went out, and one that is turned away comes
    // again.
    return {http::probing({Method::post, "/api/webhooks/myoperator", http::Access::open, http::Takes::raw,
                           [this](Request& request) { return myoperator(request); }})};
}

bool Webhooks::may(const Request& request) const {
    if (key_.empty()) return false;
    if (const auto key = request.header("X-API-Key")) return equal_in_constant_time(*key, key_.reveal());
    const auto authorization = request.header("Authorization");
    const auto password = authorization ? basic_password(*authorization) : std::nullopt;
    return password && equal_in_constant_time(*password, key_.reveal());
}

asio::awaitable<Result<Response>> Webhooks::myoperator(Request& request) {
    // Before a byte of the body is looked at: nobody else is worth that.
    if (!may(request)) {
        log::warn("webhook_refused", {{"request_id", request.id}, {"peer", request.peer}});
        co_return Error{
            Failure::unauthenticated, "webhook_key_wrong",
            "This webhook takes the key it was set up with, as X-API-Key or as a Basic password."};
    }
    const auto body = parse_json(request.body);
    if (body.has_error()) co_return body.error();
    auto news = reader_(*body);
    if (news.has_error()) co_return news.error();
    const auto* receipt = std::get_if<Receipt>(&*news);
    const std::string kind = receipt ? receipt->kind : "received";
    const auto taken = co_await inbound_.take(std::move(*news));
    log::info("webhook", {{"request_id", request.id}, {"kind", kind}, {"result", name_of(taken)}});
    co_return json_response(200, {{"status", name_of(taken)}});
}

}  // namespace carillon::admin
