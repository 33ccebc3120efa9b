#pragma once
// From a request to its answer: which route, who asks, how often, with what body; then the handler; then the
// headers every answer carries. One place turns failures into statuses.
//
// Threads: the event loop only, but for the parsing of large bodies, which it hands to a thread of its own.
// Lifetime: outlives every session, and goes before the event loop does: the parser's last step touches it.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/cors.hpp"
#include "http/gate.hpp"
#include "http/handshake.hpp"
#include "http/idempotency.hpp"
#include "http/rate_limit.hpp"
#include "http/route_table.hpp"

namespace carillon::http {

struct RouterSettings {
    std::size_t body_bytes = 1 << 20;
    std::size_t bulk_bytes = 16 << 20;
    std::vector<std::string> allowed_origins;
    RateLimiter::Settings rate;
    bool log_requests = true;
    OriginRules origins;  // of WebSockets, beside the allowed ones
};

// Told about every answer, for the metrics. The route is "" when none was found.
using Observer =
    std::function<void(std::string_view route, Method method, int status, std::chrono::nanoseconds took)>;

class Router {
public:
    // `keys` may be null: then Idempotency-Key is refused with 503 (the tests of the router alone).
    Router(RouterSettings settings, Gate& gate, IdempotencyKeys* keys, Clock clock, Observer observer);
    ~Router();

    void add(Routes routes);
    // Until release(), everything but the probes is answered with this.
    void hold(Error reason) { held_ = std::move(reason); }
    void release() { held_.reset(); }

    // Decides from the head alone, before a byte of the body is read.
    struct Admission {
        std::optional<Response> refused;
        std::size_t body_limit = 0;
        bool streams = false;
        bool keeps_body = false;  // otherwise it is only read past
    };
    [[nodiscard]] Admission admit(Request& request);
    // Never throws, never fails: what goes wrong becomes a problem document.
    [[nodiscard]] asio::awaitable<Response> answer(Request& request);
    // For failures that never had a route: a head that could not be parsed, a body that came too slowly.
    [[nodiscard]] Response refuse(Request& request, const Error& error);

    [[nodiscard]] std::vector<const Route*> routes() const { return table_.all(); }

private:
    std::optional<Error> check_head(Request& request, const Route& route);
    [[nodiscard]] std::optional<Error> check_upgrade(const Request& request) const;
    std::optional<Error> take_turn(Request& request);
    Response not_routed(Request& request, const RouteTable::Match& match);
    asio::awaitable<Result<Response>> carry_out(Request& request, const Route& route);
    asio::awaitable<Result<Response>> run_once(Request& request, const Route& route);
    asio::awaitable<void> keep(Request& request, const Result<Response>& response);
    asio::awaitable<std::optional<Error>> parse_body(Request& request, const Route& route);
    Response finish(Request& request, Response response);

    RouterSettings settings_;
    Gate& gate_;
    IdempotencyKeys* keys_;
    Clock clock_;
    Observer observer_;
    RouteTable table_;
    Cors cors_;
    RateLimiter limiter_;
    std::optional<Error> held_;
    asio::thread_pool parser_{1};
};

}  // namespace carillon::http
