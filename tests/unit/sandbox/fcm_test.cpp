// FCM's two endpoints, asked as a client asks them.
#include "sandbox/fcm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/unit_sandbox.hpp"

namespace carillon::test {
namespace {

using testing::StartsWith;
using namespace std::chrono_literals;

// "404 NOT_FOUND UNREGISTERED": the three that a client decides by; "-" for what is not said.
std::string verdict(const Response& response) {
    if (response.status == 200) return "200";
    const auto error = body_of(response).at("error");
    std::string code = "-";
    for (const auto& detail : error.value("details", Json::array())) code = detail.value("errorCode", code);
    return std::to_string(response.status) + " " + error.at("status").get<std::string>() + " " + code;
}

struct FcmTest : testing::Test {
    void fault(const Json& body) { ASSERT_EQ(bench.post("/sandbox/faults", body).status, 201); }
    Response push_with(const std::string& token, const std::string& path) {
        return bench.router.ask(
            post_json(path, to_text(push_to("t"))).with("Authorization", "Bearer " + token));
    }
    SandboxBench bench;
};

constexpr const char* send_path = "/v1/projects/carillon-sandbox/messages:send";

TEST_F(FcmTest, GivesATokenForAnHour) {
    const auto answer = body_of(bench.ask_token(assertion(good_assertion_claims(now_seconds))));

    EXPECT_EQ(answer.at("expires_in"), 3599);
    EXPECT_EQ(answer.at("token_type"), "Bearer");
    EXPECT_THAT(answer.at("access_token").get<std::string>(), StartsWith("ya29."));
}

TEST_F(FcmTest, GivesWhatItIsToldTo) {
    bench.router.ask([] {
        auto ask =
            post_json("/sandbox/settings", R"({"fcm":{"token_life_seconds":60,"token_life_as_text":true}})");
        ask.method = Method::patch;
        return ask;
    }());
    const auto claims = good_assertion_claims(now_seconds);
    EXPECT_EQ(body_of(bench.ask_token(assertion(claims))).at("expires_in"), "60");

    fault({{"provider", "token"}, {"fault", "id_token_only"}, {"times", 1}});
    const auto without = body_of(bench.ask_token(assertion(claims)));
    EXPECT_FALSE(without.contains("access_token"));
    EXPECT_TRUE(without.contains("id_token"));

    fault({{"provider", "token"}, {"fault", "unavailable"}, {"times", 1}});
    const auto away = bench.ask_token(assertion(claims));
    EXPECT_EQ(away.status, 503);
    EXPECT_EQ(body_of(away).at("error"), "temporarily_unavailable");
}

TEST_F(FcmTest, RefusesATokenRequestThatIsNoForm) {
    EXPECT_EQ(bench.post("/token", Json::object()).status, 400);
    const auto refused = bench.ask_token("a.b.c");
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(body_of(refused), (Json{{"error", "invalid_request"}, {"error_description", "Bad Request"}}));
}

TEST_F(FcmTest, TakesAMessage) {
    const auto answer = bench.push(push_to("device-1"));

    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(body_of(answer).at("name").get<std::string>(),
                StartsWith("projects/carillon-sandbox/messages/0:"));
    const auto shown = bench.get_json("/sandbox/phones/device-1").at("messages").at(0);
    EXPECT_EQ(shown.at("title"), "Hi");
    EXPECT_EQ(shown.at("body"), "there");
}

TEST_F(FcmTest, ShowsNothingOfADryRun) {
    auto body = push_to("device-1");
    body["validate_only"] = true;

    EXPECT_EQ(body_of(bench.push(body)).at("name"), "projects/carillon-sandbox/messages/fake_message_id");
    EXPECT_EQ(bench.router.ask(get("/sandbox/phones/device-1")).status, 404);
}

TEST_F(FcmTest, WantsATokenThatIsStillGood) {
    const auto token = bench.access_token();
    const auto lower = post_json(send_path, to_text(push_to("t"))).with("Authorization", "bearer " + token);

    EXPECT_EQ(verdict(bench.post(send_path, push_to("t"))), "401 UNAUTHENTICATED -");
    EXPECT_EQ(verdict(bench.router.ask(lower)), "401 UNAUTHENTICATED -");
    EXPECT_EQ(verdict(push_with("ya29.made-up", send_path)), "401 UNAUTHENTICATED -");
    EXPECT_EQ(verdict(push_with(token, send_path)), "200");
    bench.now += 3599s;
    EXPECT_EQ(verdict(push_with(token, send_path)), "401 UNAUTHENTICATED -");
}

TEST_F(FcmTest, KnowsItsProjectByNameAndNumber) {
    const auto token = bench.access_token();

    EXPECT_EQ(verdict(push_with(token, "/v1/projects/424242424242/messages:send")), "200");
    EXPECT_EQ(verdict(push_with(token, "/v1/projects/another/messages:send")), "404 NOT_FOUND -");
}

TEST_F(FcmTest, FailsInItsOwnWords) {
    EXPECT_EQ(verdict(bench.push(push_to("unreg-1"))), "404 NOT_FOUND UNREGISTERED");
    EXPECT_EQ(verdict(bench.push(push_to("mismatch-1"))), "403 PERMISSION_DENIED SENDER_ID_MISMATCH");
    EXPECT_EQ(verdict(bench.push(push_to("apns-1"))), "401 UNAUTHENTICATED THIRD_PARTY_AUTH_ERROR");
    EXPECT_EQ(verdict(bench.push(push_to("invalid-1"))), "400 INVALID_ARGUMENT INVALID_ARGUMENT");
    EXPECT_EQ(verdict(bench.push(push_to("unavail-1"))), "503 UNAVAILABLE UNAVAILABLE");
    EXPECT_EQ(verdict(bench.push(push_to("internal-1"))), "500 INTERNAL INTERNAL");
    const auto limited = bench.push(push_to("quota-1"));
    EXPECT_EQ(verdict(limited), "429 RESOURCE_EXHAUSTED QUOTA_EXCEEDED");
    EXPECT_EQ(header_of(limited, "Retry-After"), "1");
    EXPECT_EQ(header_of(bench.push(push_to("quota-nora-1")), "Retry-After"), std::nullopt);
    fault({{"provider", "fcm"}, {"fault", "status"}, {"status", 503}, {"retry_after", 7}});
    const auto away = bench.push(push_to("t"));
    EXPECT_EQ(verdict(away), "503 UNAVAILABLE -");
    EXPECT_EQ(header_of(away, "Retry-After"), "7");
}

TEST_F(FcmTest, FailsWithoutWordsToo) {
    const auto page = bench.push(push_to("html502-1"));
    EXPECT_EQ(page.status, 502);
    EXPECT_THAT(page.body, StartsWith("<!DOCTYPE html>"));

    const auto nothing = bench.push(push_to("empty400-1"));
    EXPECT_EQ(nothing.status, 400);
    EXPECT_EQ(nothing.body, "");
}

TEST_F(FcmTest, SaysNothingOfWhatItDidNotDo) {
    EXPECT_TRUE(bench.push(push_to("drop-1")).abort);

    EXPECT_EQ(bench.router.ask(get("/sandbox/phones/drop-1")).status, 404);
    const auto call = bench.get_json("/sandbox/calls?target=drop-1").at("calls").at(0);
    EXPECT_EQ(call.at("fault"), "drop");
    EXPECT_EQ(call.at("status"), Json{});
    EXPECT_EQ(call.at("message_ids"), Json::array());
}

TEST_F(FcmTest, SaysNothingOfWhatItDid) {
    EXPECT_TRUE(bench.push(push_to("dropafter-1")).abort);

    EXPECT_EQ(bench.get_json("/sandbox/phones/dropafter-1").at("messages").size(), 1U);
    EXPECT_EQ(bench.get_json("/sandbox/calls?target=dropafter-1").at("calls").at(0).at("message_ids").size(),
              1U);
}

TEST_F(FcmTest, AnswersHalfOfItsJson) {
    fault({{"provider", "fcm"}, {"fault", "invalid_json"}, {"times", 1}});
    const auto half = bench.push(push_to("t"));

    EXPECT_EQ(half.status, 200);
    EXPECT_FALSE(parse_json(half.body));
    EXPECT_EQ(bench.get_json("/sandbox/phones/t").at("messages").size(), 1U);
}

TEST_F(FcmTest, WaitsWhereItIsToldTo) {
    for (const auto* kind : {"latency", "slow_body"}) {
        fault({{"provider", "fcm"}, {"fault", kind}, {"latency_ms", 30}, {"times", 1}});
        const auto began = std::chrono::steady_clock::now();
        EXPECT_EQ(verdict(bench.push(push_to("t"))), "200");
        EXPECT_GE(std::chrono::steady_clock::now() - began, 30ms) << kind;
    }
}

TEST_F(FcmTest, RefusesEveryTokenUntilThereIsANewOne) {
    const auto old = bench.access_token();
    fault({{"provider", "fcm"}, {"fault", "token_rejected"}, {"times", 1}});

    EXPECT_EQ(verdict(push_with(old, send_path)), "401 UNAUTHENTICATED -");
    EXPECT_EQ(verdict(push_with(old, send_path)), "401 UNAUTHENTICATED -");
    EXPECT_EQ(verdict(bench.push(push_to("t"))), "200");
}

TEST_F(FcmTest, DoesNotSpendAFaultOnACallThatNeverCameSoFar) {
    fault({{"provider", "fcm"}, {"fault", "unregistered"}, {"times", 1}});

    EXPECT_EQ(verdict(bench.post(send_path, push_to("t"))), "401 UNAUTHENTICATED -");
    EXPECT_EQ(verdict(bench.push(push_to("t"))), "404 NOT_FOUND UNREGISTERED");
    EXPECT_EQ(verdict(bench.push(push_to("t"))), "200");
}

}  // namespace
}  // namespace carillon::test
