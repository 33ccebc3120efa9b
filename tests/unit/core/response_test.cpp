#include <carillon/response.hpp>

#include <gtest/gtest.h>

namespace carillon {
namespace {

TEST(JsonResponse, IsTheStatusAndTheText) {
    const auto response = json_response(201, Json{{"id", "a"}});

    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_EQ(response.body, R"({"id":"a"})");
}

TEST(NoContent, HasNoBodyAndNoType) {
    EXPECT_EQ(no_content().status, 204);
    EXPECT_TRUE(no_content().body.empty());
    EXPECT_TRUE(no_content().content_type.empty());
}

TEST(Problem, SaysWhatTheTableSays) {
    const auto response = problem({Failure::not_found, "There is no user bob."}, "req_1");

    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_TRUE(response.headers.empty());
    EXPECT_EQ(Json::parse(response.body), (Json{{"type", "urn:carillon:problem:not_found"},
                                                {"title", "Not found"},
                                                {"status", 404},
                                                {"detail", "There is no user bob."},
                                                {"code", "not_found"},
                                                {"request_id", "req_1"}}));
}

TEST(Problem, PrefersTheNarrowerCode) {
    const auto body = Json::parse(problem({Failure::malformed, "malformed_json", "at byte 3"}, "r").body);

    EXPECT_EQ(body["code"], "malformed_json");
    EXPECT_EQ(body["type"], "urn:carillon:problem:malformed_json");
    EXPECT_EQ(body["status"], 400);
}

TEST(Problem, ListsTheFields) {
    const std::vector<FieldError> fields{{"name", "is required"}, {"a\"b", "unknown field"}};
    const auto body = Json::parse(problem({Failure::invalid, "two", fields}, "r").body);

    EXPECT_EQ(body["errors"], Json::array({Json{{"field", "name"}, {"message", "is required"}},
                                           Json{{"field", "a\"b"}, {"message", "unknown field"}}}));
}

TEST(Problem, HasTheRegisteredTypeAndTheWaitWhenTooFast) {
    Error error{Failure::rate_limited, "slow down"};
    error.retry_after_seconds = 7;

    const auto response = problem(error, "r");

    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(Json::parse(response.body)["type"],
              "https://iana.org/assignments/http-problem-types#quota-exceeded");
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "Retry-After");
    EXPECT_EQ(response.headers[0].second, "7");
}

TEST(Problem, StaysJsonWhateverTheTextsHold) {
    const auto response = problem({Failure::invalid, "a\"b\\c\n\x01 \xff é"}, "r\"\r\n");

    const auto body = Json::parse(response.body);
    EXPECT_EQ(body["detail"], "a\"b\\c\n\x01 \uFFFD é");
    EXPECT_EQ(body["request_id"], "r\"\r\n");
}

TEST(Problem, FallsBackToTheTitleWhenThereIsNoDetail) {
    EXPECT_EQ(Json::parse(problem(Error{}, "r").body)["detail"], "Internal error");
}

TEST(ResponseWith, AddsHeadersInOrder) {
    const auto response = Response{}.with("Allow", "GET").with("ETag", "\"1\"");

    ASSERT_EQ(response.headers.size(), 2U);
    EXPECT_EQ(response.headers[0].first, "Allow");
    EXPECT_EQ(response.headers[1].second, "\"1\"");
}

}  // namespace
}  // namespace carillon
