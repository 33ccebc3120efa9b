#include "http/router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <carillon/id.hpp>
#include <carillon/log.hpp>
#include <carillon/phone.hpp>
#include <exception>
#include <string>
#include <utility>

#include "http/media_type.hpp"
#include "http/trace.hpp"

namespace carillon::http {
namespace {

// Parsing costs about 10 ns a byte; beyond this it would hold up everybody else on the loop.
constexpr std::size_t parsed_on_the_loop = 64 << 10;

const Route& route_of(const Request& request) {
    return *static_cast<const Route*>(request.route);
}

// A key must not be spent on a request that was turned down before anything was done.
bool worth_keeping(int status) {
    switch (status) {
        case 404:
        case 409:
        case 410: return true;
        default: return status < 400;
    }
}

// A problem names the request that it answers, also when it was kept from an earlier one.
void name_request(Response& replay, const std::string& request_id) {
    if (replay.content_type != problem_type) return;
    auto body = Json::parse(replay.body);
    body["request_id"] = request_id;
    replay.body = to_text(body);
}

// Whoever goes by a phone number is not shown by it.
std::string caller_name(const Request& request) {
    if (!request.caller) return {};
    const auto& user = request.caller->user.value();
    const auto phone = as_phone(user);
    return phone ? phone->masked() : user;
}

void log_request(const Request& request, const Response& response, std::chrono::nanoseconds took) {
    const auto level = response.status >= 500 ? log::Level::error : log::Level::info;
    if (!log::enabled(level)) return;
    const auto caller = caller_name(request);
    // The path only: a query may carry a token.
    log::write(level, "request",
               {{"request_id", request.id},
                {"method", name_of(request.method)},
                {"path", request.route ? std::string_view{route_of(request).path} : "unmatched"},
                {"status", response.status},
                {"took_ms", static_cast<double>(took.count()) / 1e6},
                {"caller", caller},
                {"peer", request.peer},
                {"traceparent", request.traceparent}});
}

Error unforeseen(const Request& request, const char* what) {
    log::error(
        "request_failed",
        {{"request_id", request.id}, {"path", route_of(request).path}, {"what", log::without_values(what)}});
    return {Failure::internal, "Something went wrong here. The request id leads to it in the log."};
}

Error away(const Unavailable& surprise) {
    Error error{Failure::unavailable, surprise.code(), surprise.what()};
    error.retry_after_seconds = surprise.retry_after_seconds();
    return error;
}

}  // namespace

Router::Router(RouterSettings settings, Gate& gate, IdempotencyKeys* keys, Clock clock, Observer observer)
    : settings_{std::move(settings)},
      gate_{gate},
      keys_{keys},
      clock_{std::move(clock)},
      observer_{std::move(observer)},
      cors_{settings_.allowed_origins},
      limiter_{settings_.rate} {}

Router::~Router() {
    parser_.join();
}

void Router::add(Routes routes) {
    for (auto& route : routes) table_.add(std::move(route));
}

Router::Admission Router::admit(Request& request) {
    request.started = std::chrono::steady_clock::now();
    const auto sent_id = request.header("X-Request-Id");
    // Made here rather than with the answer, because the handler's log lines and its problems carry it too.
    auto id = sent_id ? accept_request_id(*sent_id) : std::nullopt;
    request.id = id ? std::move(*id) : make_id("");
    request.traceparent = traceparent_of(request);

    Admission admission;
    const auto match = table_.find(request);
    if (!match.route) {
        admission.refused = not_routed(request, match);
        return admission;
    }
    request.route = match.route;
    auto error =
        match.undecodable
            ? std::optional{Error{Failure::malformed, "malformed_path", "The path is no valid text."}}
            : check_head(request, *match.route);
    if (error) {
        admission.refused = refuse(request, *error);
        return admission;
    }
    admission.streams = match.route->takes == Takes::stream;
    admission.keeps_body = match.route->takes != Takes::nothing;
    admission.body_limit = admission.streams ? settings_.bulk_bytes : settings_.body_bytes;
    return admission;
}

std::optional<Error> Router::check_head(Request& request, const Route& route) {
    if (held_ && !route.probe) return held_;
    auto denied = gate_.identify(request, route);
    // Whoever guesses tokens is counted by address, whoever has one by name: the turn is taken after looking.
    if (auto too_fast = route.probe ? std::nullopt : take_turn(request)) return too_fast;
    if (auto wrong = route.upgrades ? check_upgrade(request) : std::nullopt) return wrong;
    if (denied) return denied;
    return check_media_type(request, route.takes);
}

std::optional<Error> Router::check_upgrade(const Request& request) const {
    if (auto wrong = check_handshake(request)) return wrong;
    if (may_connect(request, cors_, settings_.origins)) return std::nullopt;
    return Error{Failure::forbidden, "origin_not_allowed", "Pages of this origin may not connect here."};
}

std::optional<Error> Router::take_turn(Request& request) {
    if (limiter_.unlimited()) return std::nullopt;
    const bool known = request.caller && !request.caller->assumed;
    const auto who = known ? "user:" + request.caller->user.value() : "address:" + address_key(request.peer);
    const auto verdict = limiter_.take(who, request.started);
    request.rate_remaining = verdict.remaining;
    request.rate_reset = verdict.seconds_until_full;
    if (verdict.allowed) return std::nullopt;
    Error error{Failure::rate_limited, "Too many requests; slow down."};
    error.retry_after_seconds = verdict.retry_after_seconds;
    return error;
}

Response Router::not_routed(Request& request, const RouteTable::Match& match) {
    if (const auto too_fast = take_turn(request)) return refuse(request, *too_fast);
    if (match.allowed.empty())
        return refuse(request,
                      Error{Failure::not_found, "route_not_found", "There is nothing at this path."});
    if (Cors::is_preflight(request)) return finish(request, cors_.preflight(request, match.allowed));
    std::string allow;
    for (const auto method : match.allowed) allow.append(allow.empty() ? "" : ", ").append(name_of(method));
    if (request.method == Method::options) {
        auto response = no_content();
        response.with("Allow", std::move(allow));
        return finish(request, std::move(response));
    }
    auto response = problem(Error{Failure::method_not_allowed, "This path takes " + allow + "."}, request.id);
    response.with("Allow", std::move(allow));
    return finish(request, std::move(response));
}

asio::awaitable<Response> Router::answer(Request& request) {
    const auto& route = route_of(request);
    std::optional<Error> error;
    try {
        auto response = co_await carry_out(request, route);
        if (response.has_value()) co_return finish(request, std::move(*response));
        error = response.error();
    } catch (const Unavailable& surprise) {
        error = away(surprise);
    } catch (const BodyError& fault) {
        error = fault.error();
    } catch (const std::exception& surprise) {
        error = unforeseen(request, surprise.what());
    }
    co_return refuse(request, *error);
}

asio::awaitable<Result<Response>> Router::carry_out(Request& request, const Route& route) {
    if (auto error = co_await gate_.authorise(request, route)) co_return std::move(*error);
    if (auto error = co_await parse_body(request, route)) co_return std::move(*error);
    if (route.creates && request.header("Idempotency-Key")) co_return co_await run_once(request, route);
    co_return co_await route.run(request);
}

asio::awaitable<Result<Response>> Router::run_once(Request& request, const Route& route) {
    const auto key = parse_idempotency_key(*request.header("Idempotency-Key"));
    if (!key)
        co_return Error{Failure::malformed, "invalid_idempotency_key",
                        "Idempotency-Key must be 1 to 255 visible characters."};
    if (!keys_) throw Unavailable{"idempotency_unavailable", "Idempotency-Key cannot be honoured right now."};

    const auto& who = request.caller ? request.caller->user.value() : request.peer;
    std::string scope = who;
    scope.append("\n")
        .append(name_of(request.method))
        .append("\n")
        .append(request.path)
        .append("\n")
        .append(*key);
    auto taken = co_await keys_->take(std::move(scope), request.body);
    if (auto* replay = std::get_if<Response>(&taken)) {
        name_request(*replay, request.id);
        co_return std::move(*replay);
    }
    if (std::holds_alternative<IdempotencyKeys::Running>(taken)) {
        Error error{Failure::conflict, "idempotency_key_in_use",
                    "The first request with this key still runs."};
        error.retry_after_seconds = 1;
        co_return error;
    }
    if (std::holds_alternative<IdempotencyKeys::Mismatch>(taken))
        co_return Error{Failure::idempotency_mismatch, "This Idempotency-Key was used with another body."};

    request.claim = std::get<IdempotencyClaim>(std::move(taken));
    // After a surprise nobody here can say what was done; only the work's own transaction can, and it keeps
    // the answer itself. So the claim stays, and until its lease runs out a repeat is told to wait.
    auto response = co_await route.run(request);
    co_await keep(request, response);
    co_return response;
}

asio::awaitable<void> Router::keep(Request& request, const Result<Response>& response) {
    if (request.claim->answer_stored) co_return;
    const auto told = response.has_value() ? *response : problem(response.error(), request.id);
    const auto about = request.subject.value_or(UserId{});
    if (worth_keeping(told.status))
        co_await keys_->keep(*request.claim, told, about);
    else
        co_await keys_->release(*request.claim);
}

asio::awaitable<std::optional<Error>> Router::parse_body(Request& request, const Route& route) {
    if (route.takes != Takes::json && route.takes != Takes::maybe_json) co_return std::nullopt;
    if (request.body.empty() && route.takes == Takes::maybe_json) co_return std::nullopt;
    Result<Json> parsed = Error{};
    if (request.body.size() <= parsed_on_the_loop) {
        parsed = parse_json(request.body);
    } else {
        auto elsewhere = [&request]() -> asio::awaitable<Result<Json>> {
            co_return parse_json(request.body);
        };
        parsed = co_await asio::co_spawn(parser_, elsewhere, asio::use_awaitable);
    }
    if (parsed.has_error()) co_return parsed.error();
    request.json = std::move(*parsed);
    co_return std::nullopt;
}

Response Router::refuse(Request& request, const Error& error) {
    if (request.id.empty()) request.id = make_id("");
    auto response = problem(error, request.id);
    if (error.failure == Failure::unauthenticated)
        response.with("WWW-Authenticate",
                      error.code == "token_missing" ? "Bearer" : "Bearer error=\"invalid_token\"");
    if (error.failure == Failure::upgrade_required)
        response.with("Upgrade", "websocket")
            .with("Connection", "Upgrade")
            .with("Sec-WebSocket-Version", "13");
    return finish(request, std::move(response));
}

Response Router::finish(Request& request, Response response) {
    if (request.id.empty()) request.id = make_id("");
    response.with("X-Request-Id", request.id);
    if (request.rate_remaining >= 0) {
        const auto& rate = limiter_.settings();
        const auto window = std::max(1, static_cast<int>(rate.burst / rate.per_second));
        response.with("RateLimit-Policy", "\"default\";q=" + std::to_string(static_cast<int>(rate.burst)) +
                                              ";w=" + std::to_string(window));
        response.with("RateLimit", "\"default\";r=" + std::to_string(request.rate_remaining) +
                                       ";t=" + std::to_string(request.rate_reset));
    }
    cors_.permit(request, response);
    const auto took = std::chrono::steady_clock::now() - request.started;
    const auto* route = static_cast<const Route*>(request.route);
    if (observer_)
        observer_(route ? std::string_view{route->path} : "", request.method, response.status, took);
    if (settings_.log_requests && !(route && route->probe)) log_request(request, response, took);
    return response;
}

}  // namespace carillon::http
