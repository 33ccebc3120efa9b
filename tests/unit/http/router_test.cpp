#include "http/router.hpp"

#include <gtest/gtest.h>

#include "support/unit_router.hpp"

namespace carillon::test {
namespace {

using http::Access;
using http::Takes;

constexpr auto origin = "https://app.example.com";

http::RouterSettings with_origins(std::vector<std::string> origins) {
    auto settings = RouterBench::quiet();
    settings.allowed_origins = std::move(origins);
    return settings;
}

Ask options(std::string target) {
    auto ask = get(std::move(target));
    ask.method = Method::options;
    return ask;
}

Ask preflight(std::string target, std::string from) {
    return options(std::move(target))
        .with("Origin", std::move(from))
        .with("Access-Control-Request-Method", "PUT");
}

TEST(Router, AnswersAnUnknownPathWithAProblem) {
    RouterBench bench;

    const auto response = bench.ask(get("/nothing"));

    EXPECT_EQ(verdict_of(response), "404 route_not_found");
    EXPECT_EQ(body_of(response)["status"], 404);
    EXPECT_EQ(verdict_of(bench.ask(options("/nothing"))), "404 route_not_found");
}

TEST(Router, SaysWhatAPathTakesWhenTheMethodIsWrong) {
    RouterBench bench;
    bench.add_plain(Method::get, "/a", Access::open);
    bench.add_plain(Method::put, "/a", Access::open);
    for (const auto method : {Method::post, Method::patch, Method::del, Method::other}) {
        auto ask = get("/a");
        ask.method = method;

        const auto response = bench.ask(ask);

        EXPECT_EQ(verdict_of(response), "405 method_not_allowed");
        EXPECT_EQ(header_of(response, "Allow"), "GET, HEAD, PUT, OPTIONS");
    }
}

TEST(Router, AnswersOptionsAndHead) {
    RouterBench bench;
    bench.add_plain(Method::get, "/a", Access::open);

    const auto told = bench.ask(options("/a"));
    EXPECT_EQ(told.status, 204);
    EXPECT_EQ(header_of(told, "Allow"), "GET, HEAD, OPTIONS");

    auto head = get("/a");
    head.method = Method::head;
    EXPECT_EQ(bench.ask(head).status, 200);
}

TEST(Router, RefusesAPathThatIsNoText) {
    RouterBench bench;
    bench.add_plain(Method::get, "/a/{id}", Access::open);

    EXPECT_EQ(verdict_of(bench.ask(get("/a/%FF"))), "400 malformed_path");
}

TEST(RouterRequestId, IsTakenMadeOrReplaced) {
    RouterBench bench;
    bench.add_plain(Method::get, "/a", Access::open);

    EXPECT_EQ(header_of(bench.ask(get("/a").with("X-Request-Id", "mine-1")), "X-Request-Id"), "mine-1");
    const auto made = header_of(bench.ask(get("/a")), "X-Request-Id");
    ASSERT_TRUE(made);
    EXPECT_GE(made->size(), 16U);
    EXPECT_NE(header_of(bench.ask(get("/a")), "X-Request-Id"), made);
    const auto replaced = header_of(bench.ask(get("/a").with("X-Request-Id", "<script>")), "X-Request-Id");
    ASSERT_TRUE(replaced);
    EXPECT_EQ(replaced->find('<'), std::string::npos);
}

TEST(RouterRequestId, StandsInEveryProblemAndBeforeTheHandler) {
    RouterBench bench;
    std::string seen;
    bench.add({Method::get, "/fails", Access::open, Takes::nothing,
               [&seen](Request& request) -> asio::awaitable<Result<Response>> {
                   seen = request.id;
                   co_return Error{Failure::conflict, "no"};
               }});
    bench.add_plain(Method::get, "/users/{user_id}", Access::self);

    auto wrong_method = get("/fails");
    wrong_method.method = Method::put;
    for (const auto& ask : {get("/nothing"), wrong_method, get("/users/u1"), get("/fails")}) {
        const auto response = bench.ask(ask);
        EXPECT_EQ(body_of(response)["request_id"], header_of(response, "X-Request-Id")) << ask.target;
        EXPECT_NE(body_of(response)["request_id"], "") << ask.target;
    }
    EXPECT_FALSE(seen.empty());
}

TEST(RouterTrace, ReachesTheHandlerWhenItIsValid) {
    RouterBench bench;
    std::string seen = "unset";
    bench.add({Method::get, "/a", Access::open, Takes::nothing,
               [&seen](Request& request) -> asio::awaitable<Result<Response>> {
                   seen = request.traceparent;
                   co_return no_content();
               }});
    constexpr auto valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    bench.ask(get("/a").with("traceparent", valid));
    EXPECT_EQ(seen, valid);
    bench.ask(get("/a").with("traceparent", "00-nonsense"));
    EXPECT_EQ(seen, "");
}

TEST(RouterCors, AnswersThePreflightOfAnAllowedOrigin) {
    RouterBench bench{with_origins({"https://other.example.com", origin})};
    bench.add_plain(Method::put, "/a", Access::admin);

    const auto response = bench.ask(preflight("/a", origin));

    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Methods"), "PUT, OPTIONS");
    EXPECT_NE(header_of(response, "Access-Control-Allow-Headers")->find("Authorization"), std::string::npos);
    EXPECT_EQ(header_of(response, "Access-Control-Max-Age"), "600");
    EXPECT_EQ(header_of(response, "Vary"), "Origin");
}

TEST(RouterCors, GivesAForbiddenOriginNothing) {
    RouterBench bench{with_origins({origin})};
    bench.add_plain(Method::put, "/a", Access::open);
    for (const auto* from :
         {"https://evil.example.com", "http://app.example.com", "https://app.example.com.evil.com",
          "https://app.example.com:8443", "null", ""}) {
        const auto response = bench.ask(preflight("/a", from));

        EXPECT_EQ(response.status, 204) << from;
        for (const auto* name :
             {"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"})
            EXPECT_EQ(header_of(response, name), std::nullopt) << from;
        EXPECT_EQ(header_of(response, "Vary"), "Origin") << from;
    }
}

TEST(RouterCors, LetsAnAllowedPageReadTheAnswerAndTheProblem) {
    RouterBench bench{with_origins({origin})};
    bench.add_plain(Method::get, "/a", Access::open);

    for (const auto* target : {"/a", "/nothing"}) {
        const auto mine = bench.ask(get(target).with("Origin", origin));
        EXPECT_EQ(header_of(mine, "Access-Control-Allow-Origin"), origin);
        EXPECT_NE(header_of(mine, "Access-Control-Expose-Headers")->find("Retry-After"), std::string::npos);

        const auto evil = bench.ask(get(target).with("Origin", "https://evil.example.com"));
        EXPECT_EQ(header_of(evil, "Access-Control-Allow-Origin"), std::nullopt);
        EXPECT_EQ(header_of(evil, "Vary"), "Origin");
    }
    EXPECT_EQ(header_of(bench.ask(get("/a")), "Vary"), "Origin");
}

TEST(RouterCors, TakesAStarForEverybody) {
    RouterBench bench{with_origins({"*"})};
    bench.add_plain(Method::get, "/a", Access::open);

    EXPECT_EQ(
        header_of(bench.ask(get("/a").with("Origin", "https://x.example")), "Access-Control-Allow-Origin"),
        "https://x.example");
}

TEST(RouterCors, SaysNothingWhenNobodyIsAllowed) {
    RouterBench bench;
    bench.add_plain(Method::get, "/a", Access::open);

    const auto response = bench.ask(get("/a").with("Origin", origin));

    EXPECT_EQ(header_of(response, "Vary"), std::nullopt);
    EXPECT_EQ(header_of(response, "Access-Control-Allow-Origin"), std::nullopt);
}

TEST(RouterHold, LetsNothingInButProbes) {
    RouterBench bench;
    bench.add_plain(Method::get, "/a", Access::open);
    bench.add_plain(Method::get, "/live", Access::open, true);
    Error reason{Failure::unavailable, "not_ready", "Starting."};
    reason.retry_after_seconds = 3;

    bench.router.hold(reason);

    const auto held = bench.ask(get("/a"));
    EXPECT_EQ(verdict_of(held), "503 not_ready");
    EXPECT_EQ(header_of(held, "Retry-After"), "3");
    EXPECT_EQ(bench.ask(get("/live")).status, 200);

    bench.router.release();
    EXPECT_EQ(bench.ask(get("/a")).status, 200);
}

TEST(RouterObserver, IsToldOfEveryAnswerByItsRoute) {
    RouterBench bench;
    bench.add_plain(Method::get, "/users/{user_id}", Access::open);

    bench.ask(get("/users/42"));
    bench.ask(get("/secret/path"));
    auto wrong_method = get("/users/42");
    wrong_method.method = Method::del;
    bench.ask(wrong_method);

    ASSERT_EQ(bench.seen.size(), 3U);
    EXPECT_EQ(bench.seen[0].route, "/users/{user_id}");
    EXPECT_EQ(bench.seen[0].method, Method::get);
    EXPECT_EQ(bench.seen[0].status, 200);
    // Not the path: a scanner would fill the metrics with names.
    EXPECT_EQ(bench.seen[1].route, "");
    EXPECT_EQ(bench.seen[1].status, 404);
    EXPECT_EQ(bench.seen[2].status, 405);
}

http::RouterSettings with_burst(double burst) {
    auto settings = RouterBench::quiet();
    settings.rate = {.per_second = 0.001, .burst = burst};
    return settings;
}

TEST(RouterRate, SaysWhatIsLeftAndWhenToComeBack) {
    RouterBench bench{with_burst(2)};
    bench.add_plain(Method::get, "/a", Access::open);

    const auto first = bench.ask(get("/a"));
    EXPECT_EQ(header_of(first, "RateLimit-Policy"), "\"default\";q=2;w=2000");
    EXPECT_EQ(header_of(first, "RateLimit"), "\"default\";r=1;t=1000");
    EXPECT_EQ(header_of(bench.ask(get("/a")), "RateLimit"), "\"default\";r=0;t=2000");

    const auto refused = bench.ask(get("/a"));
    EXPECT_EQ(verdict_of(refused), "429 rate_limited");
    EXPECT_EQ(header_of(refused, "Retry-After"), "1000");
    EXPECT_EQ(header_of(refused, "RateLimit"), "\"default\";r=0;t=2000");
}

TEST(RouterRate, CountsByUserWithATokenAndByAddressWithout) {
    RouterBench bench{with_burst(1)};
    bench.add_plain(Method::get, "/a", Access::signed_in);
    const auto as = [](const char* user, const char* peer) {
        auto ask = get("/a").with("Authorization", RouterBench::bearer(user));
        ask.peer = peer;
        return ask;
    };

    EXPECT_EQ(bench.ask(as("u1", "192.0.2.1")).status, 200);
    EXPECT_EQ(bench.ask(as("u1", "192.0.2.2")).status, 429);
    EXPECT_EQ(bench.ask(as("u2", "192.0.2.1")).status, 200);

    auto nobody = get("/a");
    nobody.peer = "192.0.2.9";
    EXPECT_EQ(bench.ask(nobody).status, 401);
    EXPECT_EQ(bench.ask(nobody.with("Authorization", "Bearer guess")).status, 429);
    nobody.peer = "192.0.2.10";
    EXPECT_EQ(bench.ask(nobody).status, 401);
}

TEST(RouterRate, NeverCountsAProbe) {
    RouterBench bench{with_burst(1)};
    bench.add_plain(Method::get, "/live", Access::open, true);

    for (int i = 0; i < 5; ++i) {
        const auto response = bench.ask(get("/live"));
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(header_of(response, "RateLimit"), std::nullopt);
    }
}

}  // namespace
}  // namespace carillon::test
