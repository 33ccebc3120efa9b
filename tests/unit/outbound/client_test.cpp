#include "outbound/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "unit/outbound/outbound_bench.hpp"

namespace carillon::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(OutboundClient, BringsTheAnswer) {
    ScriptedServer server{always(http_answer("200 OK", R"({"id":1})", "Content-Type: application/json\r\n"))};
    OutboundBench bench;

    const auto reply = bench.ask(call_to(server.url("/v1/send?x=1"), R"({"to":"a"})"));

    EXPECT_TRUE(reply.answered()) << reply.error;
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, R"({"id":1})");
    EXPECT_EQ(reply.content_type, "application/json");
    EXPECT_EQ(reply.http_version, 11);
    EXPECT_GT(reply.took, 0us);
    EXPECT_EQ(reply.retry_after, std::nullopt);
    ASSERT_EQ(server.request_count(), 1);
    EXPECT_EQ(server.requests()[0].line(), "POST /v1/send?x=1 HTTP/1.1");
    EXPECT_EQ(server.requests()[0].body, R"({"to":"a"})");
}

TEST(OutboundClient, TakesAnyStatusForAnAnswer) {
    for (const std::string status :
         {"204 No Content", "302 Found", "404 Not Found", "429 Slow", "503 Away"}) {
        ScriptedServer server{always(http_answer(status, "", "Location: http://127.0.0.1:1/\r\n"))};
        OutboundBench bench;
        const auto reply = bench.ask(call_to(server.url()));
        EXPECT_TRUE(reply.answered()) << status << ": " << reply.error;
        EXPECT_EQ(std::to_string(reply.status), status.substr(0, 3));
        EXPECT_EQ(server.request_count(), 1) << status;
    }
}

TEST(OutboundClient, TellsHowLongToWait) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        peer.read();
        peer.say(http_answer("429 Slow", "", "Retry-After: 7\r\n"));
        peer.read();
        peer.say(http_answer(
            "503 Away", "",
            "date: Sat, 21 Nov 2026 12:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 12:00:30 GMT\r\n"));
    }};
    OutboundBench bench;

    EXPECT_EQ(bench.ask(call_to(server.url())).retry_after, 7s);
    EXPECT_EQ(bench.ask(call_to(server.url())).retry_after, 30s);
}

TEST(OutboundClient, SendsBodiesOfAnySizeAtOnce) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench;

    for (const std::size_t size : {0u, 1u, 65'536u, 1u << 20, 3u << 20}) {
        const std::string body(size, 'x');
        EXPECT_TRUE(bench.ask(call_to(server.url(), body)).answered()) << size;
        const auto request = server.requests().back();
        EXPECT_EQ(request.header("Content-Length"), std::to_string(size));
        EXPECT_TRUE(request.body == body) << size;
        EXPECT_EQ(request.header("Expect"), "") << size;
    }
}

TEST(OutboundClient, SendsTheHeadersOfTheCallAndFewOfItsOwn) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench;
    auto call = call_to(server.url());
    call.headers = {{"Authorization", "Bearer t"}, {"X-Empty", ""}};

    bench.ask(call);

    const auto head = server.requests().at(0).head;
    EXPECT_THAT(head, AllOf(HasSubstr("\r\nAuthorization: Bearer t\r\n"), HasSubstr("\r\nX-Empty:\r\n"),
                            HasSubstr("\r\nUser-Agent: carillon\r\n"), Not(HasSubstr("Content-Type"))));
}

TEST(OutboundClient, SpeaksEveryMethodOnTheSameHandle) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        while (peer.read()) {
            const bool head = peer.request().line().starts_with("HEAD");
            peer.say(head ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" : http_answer("200 OK", "hello"));
        }
    }};
    OutboundBench bench;

    for (const std::string method : {"POST", "GET", "HEAD", "DELETE", "PUT", "PATCH", "GET"}) {
        auto call = call_to(server.url(), "");
        call.method = method;
        const auto reply = bench.ask(call);
        EXPECT_TRUE(reply.answered()) << method << ": " << reply.error;
        EXPECT_EQ(reply.body, method == "HEAD" ? "" : "hello") << method;
        EXPECT_EQ(server.requests().back().line(), method + " / HTTP/1.1");
    }
    EXPECT_EQ(server.connections(), 1);
}

TEST(OutboundClient, ReadsPiecesHoweverTheyArrive) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
        peer.say("lo\r\n");
        peer.say("1\r\n!\r\n0\r\n\r\n");
        peer.read();
        for (const char c : http_answer("200 OK", "slowly")) peer.say({&c, 1});
        peer.read();
        peer.say("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        peer.say("3\r\nand\r\n0\r\nX-Trailer: a\r\n\r\n");
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
    }};
    OutboundBench bench;

    EXPECT_EQ(bench.ask(call_to(server.url())).body, "hello!");
    EXPECT_EQ(bench.ask(call_to(server.url())).body, "slowly");
    EXPECT_EQ(bench.ask(call_to(server.url())).body, "and");
    EXPECT_EQ(bench.ask(call_to(server.url())).body, "until the end");
}

TEST(OutboundClient, BringsHtmlLikeAnythingElse) {
    ScriptedServer server{always(http_answer("502 Bad Gateway", "<html>", "Content-Type: text/html\r\n"))};
    OutboundBench bench;

    const auto reply = bench.ask(call_to(server.url()));

    EXPECT_EQ(reply.status, 502);
    EXPECT_EQ(reply.content_type, "text/html");
    EXPECT_EQ(reply.body, "<html>");
}

TEST(OutboundClient, EndsTheCallWhenTheAnswerIsTooLarge) {
    ScriptedServer server{always(http_answer("200 OK", std::string(1'001, 'x')))};
    OutboundBench bench;
    auto call = call_to(server.url());

    call.answer_limit = 1'000;
    const auto reply = bench.ask(call);
    EXPECT_EQ(reply.failure, Failure::too_large);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "");

    call.answer_limit = 1'001;
    EXPECT_EQ(bench.ask(call).body.size(), 1'001);
}

TEST(OutboundClient, TakesAnyTimeout) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench;
    auto call = call_to(server.url());

    call.timeout = std::chrono::milliseconds::max();
    EXPECT_TRUE(bench.ask(call).answered());
    call.timeout = 0ms;
    EXPECT_EQ(bench.ask(call).failure, Failure::timed_out_unsent);
}

TEST(OutboundClient, UsesNoProxyOfTheEnvironment) {
    ScriptedServer proxy{always(http_answer("200 OK", "proxy"))};
    ScriptedServer server{always(http_answer("200 OK", "server"))};
    setenv("http_proxy", proxy.url().c_str(), 1);
    OutboundBench bench;

    EXPECT_EQ(bench.ask(call_to(server.url())).body, "server");
    unsetenv("http_proxy");
    EXPECT_EQ(proxy.connections(), 0);
}

TEST(OutboundClient, KeepsOneConnectionForManyCalls) {
    ScriptedServer server{always(http_answer("200 OK", "x"))};
    OutboundBench bench;

    for (int i = 0; i < 50; ++i) ASSERT_TRUE(bench.ask(call_to(server.url())).answered());

    EXPECT_EQ(server.connections(), 1);
    const auto numbers = bench.client.numbers();
    EXPECT_EQ(numbers.connections, 1);
    EXPECT_EQ(numbers.calls, 50);
    EXPECT_EQ(numbers.in_flight, 0);
}

TEST(OutboundClient, AnswersManyAtOnceOverFewConnections) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        while (peer.read()) peer.say(http_answer("200 OK", peer.request().body));
    }};
    OutboundBench bench;
    std::vector<std::future<outbound::Reply>> replies;

    for (int i = 0; i < 500; ++i) replies.push_back(bench.begin(call_to(server.url(), std::to_string(i))));

    for (std::size_t i = 0; i < replies.size(); ++i) {
        const auto reply = bench.end(replies[i]);
        EXPECT_TRUE(reply.answered()) << reply.error;
        EXPECT_EQ(reply.body, std::to_string(i));
    }
    EXPECT_EQ(server.request_count(), 500);
    EXPECT_LE(server.connections(), 4);
    EXPECT_EQ(bench.client.numbers().in_flight, 0);
}

TEST(OutboundClient, ResumesOnTheLoopOfWhoeverAsked) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench;
    const auto here = [&]() -> boost::asio::awaitable<std::thread::id> {
        co_await bench.client.send(call_to(server.url()));
        co_return std::this_thread::get_id();
    };

    EXPECT_EQ(run_on_loop(bench.io, here()), std::this_thread::get_id());
}

TEST(OutboundUrlEncode, KeepsOnlyWhatIsUnreserved) {
    EXPECT_EQ(outbound::url_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(outbound::url_encode("a b/c?d=e&f+%"), "a%20b%2Fc%3Fd%3De%26f%2B%25");
    EXPECT_EQ(outbound::url_encode("\xC3\xA9\n"), "%C3%A9%0A");
}

}  // namespace
}  // namespace carillon::test
