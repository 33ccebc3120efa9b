// Going without leaving anybody in the middle of a sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "net/server.hpp"
#include "support/loop.hpp"
#include "support/unit_http_server.hpp"

namespace carillon::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

constexpr auto hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr auto held = "GET /held HTTP/1.1\r\nHost: a\r\n\r\n";

struct ServerStopTest : testing::Test {
    TestServer server;
};

TEST_F(ServerStopTest, AnswersWhatIsInFlightAndThenCloses) {
    HttpClient client{server.port()};
    client.send(held);
    ASSERT_TRUE(server.holds(1));

    server.begin_stop(0ms, 1min);
    server.let_go();

    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers.at("connection"), "close");
    EXPECT_THAT(client.rest(), IsEmpty());
    client.finish();
    EXPECT_TRUE(server.ended());
}

TEST_F(ServerStopTest, RefusesNewConnections) {
    server.begin_stop(0ms, 1min);

    EXPECT_THROW(HttpClient{server.port()}, std::runtime_error);
    EXPECT_TRUE(server.ended());
}

TEST_F(ServerStopTest, ClosesIdleConnectionsAfterTheGrace) {
    HttpClient fresh{server.port()};
    HttpClient used{server.port()};
    ASSERT_TRUE(used.ask(hello));

    server.begin_stop(0ms, 1min);

    EXPECT_THAT(fresh.rest(), IsEmpty());
    EXPECT_THAT(used.rest(), IsEmpty());
    fresh.finish();
    used.finish();
    EXPECT_TRUE(server.ended());
}

TEST_F(ServerStopTest, AnswersOneMoreRequestWithinTheGrace) {
    HttpClient client{server.port()};
    ASSERT_TRUE(client.ask(hello));

    server.begin_stop(1min, 1min);

    const auto reply = client.ask(hello);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->headers.at("connection"), "close");
    client.finish();
    EXPECT_TRUE(server.ended());
}

TEST_F(ServerStopTest, FinishesAnAnswerThatIsStillOnItsWay) {
    HttpClient client{server.port(), 4'096};
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return client.has_news(); }));

    server.begin_stop(0ms, 1min);

    const auto reply = client.reply();
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->body == large_body());
    EXPECT_THAT(client.rest(), IsEmpty());
    client.finish();
    EXPECT_TRUE(server.ended());
}

TEST_F(ServerStopTest, CutsOffAtTheDeadlineWhoeverHoldsOn) {
    // None of them closes its side.
    HttpClient half_a_head{server.port()};
    half_a_head.send("GET /hel");
    HttpClient half_a_body{server.port()};
    half_a_body.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n[");
    HttpClient never_reads{server.port(), 4'096};
    never_reads.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    HttpClient idle{server.port()};
    ASSERT_TRUE(idle.ask(hello));
    ASSERT_TRUE(eventually([&] { return never_reads.has_news(); }));

    server.begin_stop(10ms, 50ms);

    EXPECT_TRUE(server.ended());
}

TEST_F(ServerStopTest, DoesNotBreakOffAHandler) {
    HttpClient client{server.port()};
    client.send(held);
    ASSERT_TRUE(server.holds(1));

    server.begin_stop(0ms, 0ms);
    EXPECT_TRUE(server.holds(1));
    server.let_go();

    EXPECT_TRUE(server.ended());
}

}  // namespace
}  // namespace carillon::test
