#include <gtest/gtest.h>

#include "channels/access_token.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;

const Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();

TokenAnswer read(int status, std::string body) {
    outbound::Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    return read_token_answer(reply, now);
}

TEST(TokenAnswer, GrantsATokenForAsLongAsItSays) {
    struct Row {
        const char* body;
        std::chrono::seconds life;
    };
    for (const auto& [body, life] :
         {Row{R"({"access_token": "t", "expires_in": 3599})", 3599s},
          Row{R"({"access_token": "t", "expires_in": "3599"})", 3599s},
          Row{R"({"access_token": "t", "expires_in": 59.9})", 59s}, Row{R"({"access_token": "t"})", 3600s},
          Row{R"({"access_token": "t", "expires_in": -5})", 0s},
          Row{R"({"access_token": "t", "expires_in": 1e300})", 86'400s}}) {
        const auto answer = read(200, body);
        ASSERT_TRUE(answer.grant.granted()) << body;
        EXPECT_EQ(answer.grant.token->reveal(), "t");
        EXPECT_EQ(answer.grant.expires, now + life) << body;
    }
}

TEST(TokenAnswer, WithoutAnAccessTokenIsARefusal) {
    for (const auto* body : {R"({"id_token": "x"})", R"({"access_token": ""})", R"({"access_token": 7})"}) {
        const auto answer = read(200, body);
        EXPECT_FALSE(answer.grant.granted());
        EXPECT_TRUE(answer.grant.refused) << body;
        EXPECT_EQ(answer.grant.reason, Reason::credentials_refused);
    }
}

TEST(TokenAnswer, TellsRefusalsFromPassingTrouble) {
    struct Row {
        int status;
        const char* body;
        bool refused;
        bool again;
        Reason reason;
    };
    constexpr auto no_account = R"({"error": "invalid_grant", "error_description": "account not found"})";
    for (const auto& [status, body, refused, again, reason] :
         {Row{400, no_account, true, false, Reason::credentials_refused},
          Row{401, "", true, false, Reason::credentials_refused},
          Row{403, "<html>", true, false, Reason::credentials_refused},
          Row{400, R"({"error": "temporarily_unavailable"})", false, true, Reason::provider_error},
          Row{408, "", false, true, Reason::provider_error}, Row{429, "", false, true, Reason::rate_limited},
          Row{500, "", false, true, Reason::provider_error},
          Row{503, "<html>", false, true, Reason::provider_error},
          Row{502, "", false, false, Reason::provider_error},
          Row{200, "<html>", false, false, Reason::bad_answer},
          Row{200, "[]", false, false, Reason::bad_answer}, Row{302, "", false, false, Reason::bad_answer}}) {
        const auto answer = read(status, body);
        EXPECT_FALSE(answer.grant.granted());
        EXPECT_EQ(answer.grant.refused, refused) << status << body;
        EXPECT_EQ(answer.worth_another_try, again) << status << body;
        EXPECT_EQ(answer.grant.reason, reason) << status << body;
    }
}

TEST(TokenAnswer, KeepsTheErrorsNameAndNothingElse) {
    EXPECT_EQ(read(400, R"({"error": "invalid_grant", "error_description": "secret"})").grant.answer,
              Json::parse(R"({"from": "oauth", "status": 400, "code": "invalid_grant"})"));
    EXPECT_EQ(read(400, R"({"error": "your key AbC is bad"})").grant.answer,
              Json::parse(R"({"from": "oauth", "status": 400})"));
}

}  // namespace
}  // namespace carillon::channels
