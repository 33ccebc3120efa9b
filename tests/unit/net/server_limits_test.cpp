// Clients that are slow, silent or too many. No test waits for a time limit: it turns the wheel itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server.hpp"
#include "support/loop.hpp"
#include "support/unit_http_server.hpp"

namespace carillon::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::StartsWith;

constexpr auto hello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr auto post =
    "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n";

// The ticks of two seconds, and the one that may have been almost over. Time goes on by itself too, so a
// limit may strike after fewer turns, and never after more.
constexpr int ticks_of_two_seconds = 9;

// One limit of two seconds; the others are an hour.
net::ServerSettings limited(std::chrono::seconds net::ServerSettings::*limit) {
    auto settings = patient();
    settings.*limit = 2s;
    return settings;
}

int status_of(const std::optional<Reply>& reply) {
    return reply ? reply->status : 0;
}

TEST(ServerLimits, AnswersAHeaderThatTakesTooLong) {
    TestServer server{limited(&net::ServerSettings::header_time)};
    HttpClient client{server.port()};
    client.send("GET /hello HTTP/1.1\r\nHo");

    EXPECT_GT(server.ticks_until([&] { return client.has_news(); }), 0);

    const auto reply = client.reply();
    EXPECT_EQ(status_of(reply), 408);
    EXPECT_EQ(reply->headers.at("connection"), "close");
}

TEST(ServerLimits, GivesAHeaderNoMoreTimeForComingInDrops) {
    TestServer server{limited(&net::ServerSettings::header_time)};
    HttpClient client{server.port()};
    client.send(hello);
    ASSERT_EQ(status_of(client.reply()), 200);

    const auto more = [&] {
        if (client.has_news()) return true;
        client.send("G");
        return false;
    };
    const int ticks = server.ticks_until(more);

    EXPECT_GT(ticks, 0);
    EXPECT_LT(ticks, 2 * ticks_of_two_seconds);
    EXPECT_EQ(status_of(client.reply()), 408);
}

TEST(ServerLimits, AnswersABodyThatTakesTooLong) {
    for (const auto* target : {"/echo", "/stream"}) {
        TestServer server{limited(&net::ServerSettings::body_time)};
        HttpClient client{server.port()};
        client.send(std::string{post}.replace(5, 5, target) + "[1,");

        EXPECT_GT(server.ticks_until([&] { return client.has_news(); }), 0) << target;

        EXPECT_EQ(status_of(client.reply()), 408) << target;
    }
}

TEST(ServerLimits, AnswersARefusedBodyThatTakesTooLongToo) {
    TestServer server{limited(&net::ServerSettings::body_time)};
    HttpClient client{server.port()};
    client.send(std::string{post}.replace(5, 5, "/private"));

    EXPECT_GT(server.ticks_until([&] { return client.has_news(); }), 0);

    const auto reply = client.reply();
    EXPECT_EQ(status_of(reply), 401);
    EXPECT_EQ(reply->headers.at("connection"), "close");
}

TEST(ServerLimits, ClosesAnIdleConnectionWithoutAWord) {
    TestServer server{limited(&net::ServerSettings::idle_time)};
    HttpClient fresh{server.port()};
    HttpClient used{server.port()};
    ASSERT_EQ(status_of(used.ask(hello)), 200);

    EXPECT_GT(server.ticks_until([&] { return fresh.has_news() && used.has_news(); }), 0);

    EXPECT_THAT(fresh.rest(), IsEmpty());
    EXPECT_THAT(used.rest(), IsEmpty());
}

TEST(ServerLimits, CutsNoAnswerShortThatTakesItsTime) {
    auto settings = patient();
    settings.header_time = settings.body_time = settings.idle_time = settings.write_time = 1s;
    TestServer server{settings};
    HttpClient client{server.port()};
    client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(server.holds(1));

    // Twenty seconds go by.
    int ticks = 0;
    server.ticks_until([&] { return ++ticks > 80; });
    EXPECT_FALSE(client.has_news());
    server.let_go();

    EXPECT_EQ(status_of(client.reply()), 200);
}

TEST(ServerLimits, GivesUpOnAClientThatNeverReads) {
    auto settings = patient();
    settings.write_time = 5s;
    TestServer server{settings};
    HttpClient client{server.port(), 4'096};
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return client.has_news(); }));

    const int ticks = server.ticks_until([&] { return server.numbers().connections == 0; });

    // Once, after 21 ticks: a second attempt would send the first bytes again, into the middle of the answer.
    EXPECT_GT(ticks, 0);
    EXPECT_LT(ticks, 32);
    const auto text = client.rest();
    const auto body = text.find("\r\n\r\n") + 4;
    EXPECT_THAT(large_body(), StartsWith(text.substr(body)));
    EXPECT_LT(text.size() - body, large_body().size());
}

TEST(ServerLimits, TakesItsTimeWithAClientThatReadsSlowly) {
    TestServer server{limited(&net::ServerSettings::write_time)};
    HttpClient client{server.port(), 4'096};
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");

    const auto reply = client.reply();

    EXPECT_EQ(status_of(reply), 200);
    EXPECT_TRUE(reply->body == large_body());
    EXPECT_EQ(status_of(client.ask(hello)), 200);
}

TEST(ServerLimits, TurnsAwayWhoeverComesFromAnAddressTooOften) {
    auto settings = patient();
    settings.connections_per_address = 2;
    TestServer server{settings};
    HttpClient first{server.port()};
    auto second = std::make_unique<HttpClient>(server.port());
    ASSERT_EQ(status_of(first.ask(hello)), 200);
    ASSERT_EQ(status_of(second->ask(hello)), 200);

    const auto refused = HttpClient{server.port()}.reply();
    ASSERT_EQ(status_of(refused), 429);
    EXPECT_EQ(Json::parse(refused->body)["code"], "too_many_connections");
    EXPECT_EQ(refused->headers.at("retry-after"), "1");
    EXPECT_EQ(server.numbers().refused_address, 1U);

    // The others go on, and who leaves makes room.
    EXPECT_EQ(status_of(first.ask(hello)), 200);
    second.reset();
    ASSERT_TRUE(eventually([&] { return server.numbers().connections == 1; }));
    EXPECT_EQ(status_of(HttpClient{server.port()}.ask(hello)), 200);
}

TEST(ServerLimits, DoesNotCountWhoeverComesThroughAProxy) {
    auto settings = patient();
    settings.connections_per_address = 1;
    settings.trusted_proxies = {"127.0.0.1"};
    TestServer server{settings};
    HttpClient first{server.port()};
    HttpClient second{server.port()};

    EXPECT_EQ(status_of(first.ask(hello)), 200);
    EXPECT_EQ(status_of(second.ask(hello)), 200);
}

TEST(ServerLimits, TurnsAwayEverybodyWhenItIsFull) {
    auto settings = patient();
    settings.connections = 1;
    TestServer server{settings};
    HttpClient first{server.port()};
    ASSERT_EQ(status_of(first.ask(hello)), 200);

    const auto refused = HttpClient{server.port()}.reply();

    ASSERT_EQ(status_of(refused), 503);
    EXPECT_EQ(Json::parse(refused->body)["code"], "too_many_connections");
    EXPECT_EQ(server.numbers().refused_total, 1U);
    EXPECT_EQ(server.numbers().accepted, 2U);
}

}  // namespace
}  // namespace carillon::test
