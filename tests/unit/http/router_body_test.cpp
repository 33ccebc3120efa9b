// What a body may be, and what becomes of a handler's failure.
#include <gtest/gtest.h>

#include <stdexcept>

#include "http/router.hpp"
#include "support/unit_router.hpp"

namespace carillon::test {
namespace {

using http::Access;
using http::Takes;

asio::awaitable<Result<Response>> echo(Request& request) {
    Json answer{{"got", request.json ? *request.json : Json("nothing")}};
    co_return json_response(200, answer);
}

asio::awaitable<Result<Response>> echo_raw(Request& request) {
    Json answer{{"got", request.body}, {"parsed", request.json.has_value()}};
    co_return json_response(200, answer);
}

struct RouterBodyTest : testing::Test {
    RouterBodyTest() {
        bench.add({Method::post, "/json", Access::open, Takes::json, echo});
        bench.add({Method::post, "/maybe", Access::open, Takes::maybe_json, echo});
        bench.add({Method::post, "/nothing", Access::open, Takes::nothing, echo});
        bench.add({Method::post, "/raw", Access::open, Takes::raw, echo_raw});
        bench.add({Method::post, "/stream", Access::open, Takes::stream, echo});
    }
    RouterBench bench;
};

std::string nested(int levels) {
    return std::string(levels, '[') + std::string(levels, ']');
}

TEST_F(RouterBodyTest, IsParsedForTheHandler) {
    EXPECT_EQ(body_of(bench.ask(post_json("/json", R"({"a":[1,"\u00e9"]})")))["got"],
              Json::parse(R"({"a":[1,"\u00e9"]})"));
    EXPECT_EQ(body_of(bench.ask(post_json("/maybe", "[]")))["got"], Json::array());
    EXPECT_EQ(body_of(bench.ask(post_json("/maybe", "")))["got"], "nothing");
}

TEST_F(RouterBodyTest, IsReadAndIgnoredWhereNobodyWantsIt) {
    auto ask = post_json("/nothing", "not json");
    ask.headers = {{"Content-Length", "8"}, {"Content-Type", "application/x-www-form-urlencoded"}};

    EXPECT_EQ(body_of(bench.ask(ask))["got"], "nothing");
}

TEST_F(RouterBodyTest, ThatIsTakenRawIsNeitherHeldAgainstATypeNorParsed) {
    auto ask = post_json("/raw", "a=1&b={");
    ask.headers = {{"Content-Length", "7"}, {"Content-Type", "application/x-www-form-urlencoded"}};

    EXPECT_EQ(body_of(bench.ask(ask)), (Json{{"got", "a=1&b={"}, {"parsed", false}}));
}

TEST_F(RouterBodyTest, OfTheWrongTypeIsRefusedBeforeItIsRead) {
    auto ask = post_json("/json", "{}");
    ask.headers = {{"Content-Length", "2"}, {"Content-Type", "text/plain"}};

    EXPECT_EQ(verdict_of(bench.ask(ask)), "415 unsupported_media");
}

TEST_F(RouterBodyTest, ThatIsMalformedIsRefusedWithItsOffset) {
    const auto response = bench.ask(post_json("/json", R"({"a": tru})"));

    EXPECT_EQ(verdict_of(response), "400 malformed_json");
    EXPECT_NE(body_of(response)["detail"].get<std::string>().find("byte 9"), std::string::npos)
        << body_of(response)["detail"];
    EXPECT_EQ(verdict_of(bench.ask(post_json("/json", ""))), "400 malformed_json");
    EXPECT_EQ(verdict_of(bench.ask(post_json("/maybe", "{"))), "400 malformed_json");
}

TEST_F(RouterBodyTest, MayBeNestedToSixtyFourLevels) {
    EXPECT_EQ(verdict_of(bench.ask(post_json("/json", nested(63)))), "200");
    EXPECT_EQ(verdict_of(bench.ask(post_json("/json", nested(64)))), "200");
    EXPECT_EQ(verdict_of(bench.ask(post_json("/json", nested(65)))), "400 malformed_json");
    EXPECT_EQ(verdict_of(bench.ask(post_json("/json", nested(40'000)))), "400 malformed_json");
}

TEST_F(RouterBodyTest, OfAnySizeIsParsedTheSame) {
    for (const std::size_t size : {(64U << 10U) - 1, 64U << 10U, (64U << 10U) + 1, 1U << 20U}) {
        const auto text = "\"" + std::string(size - 2, 'x') + "\"";
        EXPECT_EQ(body_of(bench.ask(post_json("/json", text)))["got"], std::string(size - 2, 'x')) << size;
        EXPECT_EQ(verdict_of(bench.ask(post_json("/json", text + "!"))), "400 malformed_json") << size;
    }
}

TEST_F(RouterBodyTest, ThatIsLargeIsParsedOffTheLoop) {
    const auto large = post_json("/json", "\"" + std::string(1U << 20U, 'x') + "\"");

    // Begun first and answered last: the loop went on with the small one meanwhile.
    EXPECT_EQ(bench.order_of_answers({large, post_json("/json", "1")}), (std::vector<std::size_t>{1, 0}));
}

TEST_F(RouterBodyTest, LimitsDifferForStreams) {
    const auto admitted = [this](std::string_view path) {
        Request request;
        request.method = Method::post;
        request.path = path;
        request.headers = {{"Content-Length", "2"}, {"Content-Type", "application/json"}};
        return bench.router.admit(request);
    };

    EXPECT_EQ(admitted("/json").body_limit, 1U << 20U);
    EXPECT_FALSE(admitted("/json").streams);
    EXPECT_EQ(admitted("/raw").body_limit, 1U << 20U);
    EXPECT_TRUE(admitted("/raw").keeps_body);
    EXPECT_EQ(admitted("/stream").body_limit, 16U << 20U);
    EXPECT_TRUE(admitted("/stream").streams);
}

// A handler that fails in the way the path says.
struct RouterFailureTest : testing::Test {
    template <class Fail>
    Response answer_of(Fail fail, bool creates = false) {
        http::Route route{Method::post, "/fails", Access::open, Takes::maybe_json, nullptr};
        route.run = [fail](Request&) -> asio::awaitable<Result<Response>> { co_return fail(); };
        route.creates = creates;
        bench.add(std::move(route));
        auto ask = post_json("/fails", "{}");
        return bench.ask(creates ? ask.with("Idempotency-Key", key) : ask);
    }
    RouterBench bench;
    std::string key = "k1";
};

TEST_F(RouterFailureTest, OfAnErrorTellsTheErrorWithItsFields) {
    const auto response = answer_of([]() -> Result<Response> {
        return Error{Failure::invalid, "Some fields are wrong.", {{"name", "is missing"}}};
    });

    EXPECT_EQ(verdict_of(response), "422 invalid");
    EXPECT_EQ(body_of(response)["errors"], Json::parse(R"([{"field":"name","message":"is missing"}])"));
}

TEST_F(RouterFailureTest, OfASurpriseTellsNothingOfIt) {
    const auto response =
        answer_of([]() -> Result<Response> { throw std::runtime_error{"SELECT secret FROM users"}; });

    EXPECT_EQ(verdict_of(response), "500 internal");
    EXPECT_EQ(response.body.find("SELECT"), std::string::npos);
    EXPECT_EQ(body_of(response)["request_id"], header_of(response, "X-Request-Id"));
}

TEST_F(RouterFailureTest, OfTheDatabaseSaysWhenToComeBack) {
    const auto response = answer_of([]() -> Result<Response> {
        throw Unavailable{"database_unavailable", "The database is away.", 7};
    });

    EXPECT_EQ(verdict_of(response), "503 database_unavailable");
    EXPECT_EQ(header_of(response, "Retry-After"), "7");
}

TEST_F(RouterFailureTest, OfABodyIsToldToItsSender) {
    const auto response = answer_of([]() -> Result<Response> {
        throw BodyError{Error{Failure::too_large, "Too much."}};
    });

    EXPECT_EQ(verdict_of(response), "413 too_large");
    EXPECT_EQ(body_of(response)["detail"], "Too much.");
}

TEST_F(RouterFailureTest, WhenKeysCannotBeHonouredLeavesTheWorkUndone) {
    bool ran = false;
    const auto response = answer_of(
        [&ran]() -> Result<Response> {
            ran = true;
            return no_content();
        },
        true);

    EXPECT_EQ(verdict_of(response), "503 idempotency_unavailable");
    EXPECT_FALSE(ran);
}

TEST_F(RouterFailureTest, OfTheKeyItselfIsTheSendersFault) {
    for (const auto& bad : {std::string{}, std::string{"a b"}, std::string{"\"\""}, std::string(256, 'k'),
                            std::string{"a\"b"}, std::string{"\u00e9"}}) {
        EXPECT_EQ(http::parse_idempotency_key(bad), std::nullopt) << bad;
    }
    EXPECT_EQ(http::parse_idempotency_key("\"quoted-1\""), "quoted-1");
    EXPECT_EQ(http::parse_idempotency_key(std::string(255, 'k')), std::string(255, 'k'));

    key = "a b";
    EXPECT_EQ(verdict_of(answer_of([]() -> Result<Response> { return no_content(); }, true)),
              "400 invalid_idempotency_key");
}

}  // namespace
}  // namespace carillon::test
