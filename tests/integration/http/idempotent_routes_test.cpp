// Idempotency-Key as a caller sees it: through the router, kept in a real database.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>

#include "db/database.hpp"
#include "http/idempotency.hpp"
#include "http/router.hpp"
#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::test {
namespace {

using namespace std::chrono_literals;

struct Nobody final : http::UserDirectory {
    asio::awaitable<std::optional<UserId>> find(std::string_view) override { co_return std::nullopt; }
};

http::RouterSettings quiet() {
    http::RouterSettings settings;
    settings.rate.per_second = 0;
    settings.log_requests = false;
    return settings;
}

struct Sent {
    std::string path = "/things";
    std::string body = "{}";
    std::string key = "key-1";
    std::string peer = "192.0.2.1";
};

struct IdempotentRoutesTest : testing::Test {
    IdempotentRoutesTest() {
        database.start();
        const auto add = [this](std::string path) {
            http::Route route{Method::post, std::move(path), http::Access::open, http::Takes::json, nullptr};
            route.run = [this](Request& request) { return run(request); };
            http::Routes routes;
            routes.push_back(http::creating(std::move(route)));
            router.add(std::move(routes));
        };
        add("/things");
        add("/other-things");
    }
    ~IdempotentRoutesTest() override { database.stop(10s); }

    asio::awaitable<Result<Response>> run(Request&) {
        ++runs;
        if (surprise) throw std::runtime_error{"surprise"};
        const Json body{{"run", runs}};
        if (!failure) co_return json_response(201, body);
        co_return Error{*failure, "no"};
    }

    asio::awaitable<Response> exchange(const Sent& sent) {
        Request request;
        request.method = Method::post;
        request.path = sent.path;
        const auto length = std::to_string(sent.body.size());
        request.headers = {
            {"Content-Type", "application/json"}, {"Content-Length", length}, {"Idempotency-Key", sent.key}};
        request.peer = sent.peer;
        auto admission = router.admit(request);
        if (admission.refused) co_return std::move(*admission.refused);
        request.body = sent.body;
        co_return co_await router.answer(request);
    }
    Response send(const Sent& sent) { return run_on_loop(io, exchange(sent)); }

    TestDatabase at_home;
    db::Database database{{.url = Secret{at_home.url()}, .connections = 2}};
    http::IdempotencyKeys keys{database, {}};
    Nobody nobody;
    http::Gate gate{nullptr, nobody, false, system_now};
    http::Router router{quiet(), gate, &keys, system_now, {}};
    asio::io_context io;

    int runs = 0;
    bool surprise = false;
    std::optional<Failure> failure;
};

std::string code_of(const Response& response) {
    return Json::parse(response.body).value("code", "none");
}

std::string header_of(const Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers)
        if (known == name) return value;
    return {};
}

bool replayed(const Response& response) {
    return header_of(response, "Idempotency-Replayed") == "true";
}

TEST_F(IdempotentRoutesTest, DoTheirWorkOnce) {
    const auto first = send({});
    const auto again = send({});

    EXPECT_EQ(runs, 1);
    EXPECT_EQ(first.status, 201);
    EXPECT_FALSE(replayed(first));
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_TRUE(replayed(again));
}

TEST_F(IdempotentRoutesTest, TakeTheKeyInQuotesForTheSame) {
    (void)send({.key = "key-1"});
    (void)send({.key = "\"key-1\""});

    EXPECT_EQ(runs, 1);
}

TEST_F(IdempotentRoutesTest, RefuseTheKeyForAnotherBody) {
    (void)send({.body = R"({"a":1})"});
    const auto refused = send({.body = R"({"a":2})"});

    EXPECT_EQ(refused.status, 422);
    EXPECT_EQ(code_of(refused), "idempotency_key_reused");
    EXPECT_EQ(runs, 1);
}

TEST_F(IdempotentRoutesTest, KeepTheKeysOfDifferentCallersAndPathsApart) {
    (void)send({});
    (void)send({.peer = "192.0.2.2"});
    (void)send({.path = "/other-things"});
    (void)send({.key = "key-2"});

    EXPECT_EQ(runs, 4);
}

TEST_F(IdempotentRoutesTest, KeepAFailureThatTheWorkDecided) {
    failure = Failure::conflict;
    (void)send({});
    failure.reset();

    const auto again = send({});

    EXPECT_EQ(again.status, 409);
    EXPECT_TRUE(replayed(again));
    EXPECT_EQ(runs, 1);
    // It names the request that it answers, not the first one.
    EXPECT_EQ(Json::parse(again.body)["request_id"], header_of(again, "X-Request-Id"));
}

TEST_F(IdempotentRoutesTest, SpendNoKeyOnARequestThatWasTurnedDown) {
    failure = Failure::invalid;
    EXPECT_EQ(send({}).status, 422);
    failure.reset();

    EXPECT_EQ(send({.body = R"({"mended":true})"}).status, 201);
    EXPECT_EQ(runs, 2);
}

TEST_F(IdempotentRoutesTest, LetARepeatWaitAfterASurprise) {
    surprise = true;
    EXPECT_EQ(send({}).status, 500);
    surprise = false;

    const auto refused = send({});

    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(code_of(refused), "idempotency_key_in_use");
    EXPECT_EQ(runs, 1);
    at_home.query("UPDATE idempotency_keys SET leased_until = now() - interval '1 s'");
    EXPECT_EQ(send({}).status, 201);
}

}  // namespace
}  // namespace carillon::test
