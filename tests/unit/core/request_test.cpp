#include <carillon/request.hpp>

#include <gtest/gtest.h>

namespace carillon {
namespace {

TEST(RequestHeader, IsFoundInAnyCaseAndTheFirstWins) {
    Request request;
    request.headers = {{"Content-Type", "a"}, {"X-Twice", "1"}, {"x-twice", "2"}};

    EXPECT_EQ(request.header("content-type"), "a");
    EXPECT_EQ(request.header("CONTENT-TYPE"), "a");
    EXPECT_EQ(request.header("X-TWICE"), "1");
    EXPECT_EQ(request.header("content-typ"), std::nullopt);
    EXPECT_EQ(request.header(""), std::nullopt);
    // '@' and '`' differ in the same bit as a letter's two cases.
    request.headers = {{"a@", "x"}};
    EXPECT_EQ(request.header("a`"), std::nullopt);
}

TEST(RequestParameter, IsTheOneTheRouteDeclares) {
    Request request;
    request.parameters = {{"id", "42"}};

    EXPECT_EQ(request.parameter("id"), "42");
    EXPECT_THROW((void)request.parameter("user"), std::logic_error);
}

TEST(RequestClear, LeavesNothingOfTheLastOne) {
    Request request;
    request.head = "GET /a?b HTTP/1.0";
    request.method = Method::get;
    request.target = request.path = request.query = request.head;
    request.version = 10;
    request.headers = {{"a", "b"}};
    request.body = "body";
    request.json = Json::object();
    request.stream = reinterpret_cast<BodyStream*>(&request);
    request.peer = "10.0.0.1";
    request.secure = true;
    request.id = "req_1";
    request.traceparent = "00-";
    request.caller = Caller{UserId{"u"}, Role::admin};
    request.parameters = {{"id", "42"}};
    request.subject = UserId{"u"};
    request.claim = IdempotencyClaim{};
    request.route = &request;
    request.started = std::chrono::steady_clock::time_point::max();
    request.rate_remaining = 3;
    request.rate_reset = 4;

    request.clear();

    EXPECT_TRUE(request.head.empty() && request.headers.empty() && request.body.empty());
    EXPECT_EQ(request.method, Method::other);
    EXPECT_TRUE(request.target.empty() && request.path.empty() && request.query.empty());
    EXPECT_EQ(request.version, 11);
    EXPECT_EQ(request.stream, nullptr);
    EXPECT_TRUE(request.peer.empty() && request.id.empty() && request.traceparent.empty());
    EXPECT_FALSE(request.secure);
    EXPECT_FALSE(request.json || request.caller || request.subject || request.claim);
    EXPECT_TRUE(request.parameters.empty());
    EXPECT_EQ(request.route, nullptr);
    EXPECT_EQ(request.started, std::chrono::steady_clock::time_point{});
    EXPECT_EQ(request.rate_remaining, -1);
    EXPECT_EQ(request.rate_reset, 0);
}

TEST(RequestClear, KeepsSmallBuffersAndGivesLargeOnesBack) {
    Request request;
    request.head.assign(4000, 'x');
    request.body.assign(100'000, 'x');
    request.headers.resize(2000);

    request.clear();

    EXPECT_GE(request.head.capacity(), 4000U);
    EXPECT_LE(request.body.capacity(), 16U * 1024);
    EXPECT_LE(request.headers.capacity() * sizeof(Header), 16U * 1024);
}

TEST(MethodName, IsAsOnTheWire) {
    EXPECT_EQ(name_of(Method::get), "GET");
    EXPECT_EQ(name_of(Method::head), "HEAD");
    EXPECT_EQ(name_of(Method::post), "POST");
    EXPECT_EQ(name_of(Method::put), "PUT");
    EXPECT_EQ(name_of(Method::patch), "PATCH");
    EXPECT_EQ(name_of(Method::del), "DELETE");
    EXPECT_EQ(name_of(Method::options), "OPTIONS");
}

}  // namespace
}  // namespace carillon
