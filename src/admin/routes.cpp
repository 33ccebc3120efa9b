#include "admin/routes.hpp"

#include <utility>

namespace carillon::admin {
namespace {

using http::Access;
using http::probing;
using http::Takes;

// For answers that wait for nothing.
template <class Answer>
http::Handler at_once(Answer answer) {
    return [answer](Request& request) -> asio::awaitable<Result<Response>> { co_return answer(request); };
}

http::Handler scrape(Scraper& scraper) {
    return [&scraper](Request&) -> asio::awaitable<Result<Response>> {
        Response response;
        response.content_type = exposition_type;
        response.body = co_await scraper.text();
        response.with("Cache-Control", "no-store");
        co_return response;
    };
}

}  // namespace

// The metrics are open as the health pages are: they hold counts, never an id, a name or an address. Who does
// not want them seen from outside keeps /metrics from passing the proxy.
http::Routes admin_routes(Health& health, Scraper& scraper, const OpenApi& openapi) {
    const auto root = at_once([&health](Request&) { return health.root(); });
    const auto state = at_once([&health](Request&) { return health.health(); });
    const auto live = at_once([](Request&) { return Health::live(); });
    const auto ready = at_once([&health](Request&) { return health.ready(); });
    const auto description = at_once([&openapi](Request& request) { return openapi.answer(request); });
    return {
        probing({Method::get, "/", Access::open, Takes::nothing, root}),
        probing({Method::get, "/api/health", Access::open, Takes::nothing, state}),
        probing({Method::get, "/healthz/live", Access::open, Takes::nothing, live}),
        probing({Method::get, "/healthz/ready", Access::open, Takes::nothing, ready}),
        probing({Method::get, "/metrics", Access::open, Takes::nothing, scrape(scraper)}),
        {Method::get, "/api/openapi.json", Access::open, Takes::nothing, description},
    };
}

}  // namespace carillon::admin
