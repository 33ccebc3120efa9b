// How far a call got, told truthfully; and that none is ever made twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "support/unit_certificates.hpp"
#include "support/unit_http_server.hpp"
#include "unit/outbound/outbound_bench.hpp"

namespace carillon::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

void keep_silent(ScriptedServer::Peer& peer) {
    peer.read();
    peer.wait_for_end();
}

Call impatient(std::string url, std::chrono::milliseconds timeout = 100ms) {
    auto call = call_to(std::move(url));
    call.timeout = timeout;
    return call;
}

TEST(OutboundFailure, RefusedPortIsNotConnected) {
    OutboundBench bench;

    const auto reply = bench.ask(call_to(refusing_url()));

    EXPECT_EQ(reply.failure, Failure::not_connected);
    EXPECT_TRUE(reply.surely_unsent());
    EXPECT_THAT(reply.error, Not(HasSubstr("127.0.0.1")));
    EXPECT_NE(reply.error, "");
    EXPECT_EQ(bench.client.numbers().connections, 0);
}

TEST(OutboundFailure, UnknownNameAndStrangeSchemesAreNotConnected) {
    OutboundBench bench;
    for (const std::string url :
         {"http://nowhere.invalid/", "ftp://127.0.0.1/", "file:///etc/hostname", "", "http://"})
        EXPECT_EQ(bench.ask(call_to(url)).failure, Failure::not_connected) << url;
}

TEST(OutboundFailure, LineBreaksInACallAreRefused) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench;
    auto header = call_to(server.url());
    header.headers.emplace_back("X-Name", "a\r\nX-Other: b");
    auto name = call_to(server.url());
    name.headers.emplace_back("X\nY", "b");
    auto method = call_to(server.url());
    method.method = "POST / HTTP/1.1\r\nX: y\r\n\r\nGET";

    for (const auto& call : {header, name, method}) EXPECT_EQ(bench.ask(call).failure, Failure::refused);
    EXPECT_EQ(server.connections(), 0);
}

TEST(OutboundFailure, TlsThatFailsIsNotConnected) {
    ScriptedServer plain{[](ScriptedServer::Peer& peer) {
        peer.wait_for_bytes();
        peer.say("HTTP/1.1 400 Bad Request\r\n\r\n");
    }};
    OutboundBench bench;

    const auto url = "https" + plain.url().substr(4);
    EXPECT_EQ(bench.ask(call_to(url)).failure, Failure::not_connected);
}

TEST(OutboundFailure, UntrustedCertificateIsNotConnectedUntilItsFileIsGiven) {
    Certificates certificates;
    const auto files = certificates.make("localhost");
    net::TlsSettings tls;
    tls.certificates.push_back(files);
    TestServer server{patient(), net::TlsContext::create(tls).value()};
    auto call = call_to("https://localhost:" + std::to_string(server.port()) + "/hello");
    call.method = "GET";
    call.body = "";

    OutboundBench careful;
    EXPECT_EQ(careful.ask(call).failure, Failure::not_connected);

    outbound::ClientSettings settings;
    settings.ca_file = files.certificate;
    OutboundBench trusting{settings};
    const auto reply = trusting.ask(call);
    EXPECT_EQ(reply.status, 200) << reply.error;
    EXPECT_EQ(reply.body, R"({"hello":"world"})");
}

TEST(OutboundFailure, ResetBeforeTheRequestWasReadIsLost) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        peer.wait_for_bytes();
        peer.reset();
    }};
    OutboundBench bench;

    EXPECT_EQ(bench.ask(call_to(server.url())).failure, Failure::lost);
    EXPECT_EQ(server.connections(), 1);
}

TEST(OutboundFailure, ResetAfterTheRequestWasReadIsLost) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        peer.read();
        peer.reset();
    }};
    OutboundBench bench;

    const auto reply = bench.ask(call_to(server.url()));

    EXPECT_EQ(reply.failure, Failure::lost);
    EXPECT_FALSE(reply.surely_unsent());
    EXPECT_EQ(server.request_count(), 1);
}

TEST(OutboundFailure, AnswerThatBreaksOffIsLost) {
    for (const std::string start :
         {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nContent-",
          "HTTP/1.1 200 OK\r\nServer: a\r\n", "HTTP/1.1 100 Continue\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe", "", "nonsense"}) {
        ScriptedServer server{[&](ScriptedServer::Peer& peer) {
            peer.read();
            peer.say(start);
        }};
        OutboundBench bench;
        const auto reply = bench.ask(call_to(server.url()));
        EXPECT_EQ(reply.failure, Failure::lost) << start;
        EXPECT_EQ(reply.status, 0) << start;
        EXPECT_EQ(reply.body, "") << start;
        EXPECT_EQ(server.request_count(), 1) << start;
    }
}

TEST(OutboundFailure, SilenceIsATimeoutAfterSending) {
    ScriptedServer server{keep_silent};
    OutboundBench bench;

    const auto reply = bench.ask(impatient(server.url()));

    EXPECT_EQ(reply.failure, Failure::timed_out_sent);
    EXPECT_FALSE(reply.surely_unsent());
    EXPECT_GE(reply.took, 100ms);
}

TEST(OutboundFailure, BodyThatStallsIsATimeoutAfterSending) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        peer.read();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        peer.wait_for_end();
    }};
    OutboundBench bench;

    const auto reply = bench.ask(impatient(server.url()));

    EXPECT_EQ(reply.failure, Failure::timed_out_sent);
    EXPECT_EQ(reply.status, 0);
    EXPECT_EQ(reply.body, "");
}

TEST(OutboundFailure, HandshakeThatStallsIsATimeoutBeforeSending) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) { peer.wait_for_end(); }};
    OutboundBench bench;

    const auto reply = bench.ask(impatient("https" + server.url().substr(4)));

    EXPECT_EQ(reply.failure, Failure::timed_out_unsent);
    EXPECT_TRUE(reply.surely_unsent());
}

TEST(OutboundFailure, ConnectingHasALimitOfItsOwn) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) { peer.wait_for_end(); }};
    outbound::ClientSettings settings;
    settings.connect_timeout = 50ms;
    OutboundBench bench{settings};

    EXPECT_EQ(bench.ask(call_to("https" + server.url().substr(4))).failure, Failure::not_connected);
}

TEST(OutboundFailure, TheTimeoutCountsTheWaitingToo) {
    ScriptedServer server{keep_silent};
    outbound::ClientSettings settings;
    settings.connections_per_host = 1;
    OutboundBench bench{settings};

    auto first = bench.begin(call_to(server.url()));
    ASSERT_TRUE(eventually([&] { return server.request_count() == 1; }));
    const auto second = bench.ask(impatient(server.url()));

    EXPECT_EQ(second.failure, Failure::timed_out_unsent);
    EXPECT_EQ(bench.client.numbers().in_flight, 1);
    bench.client.stop();
    EXPECT_EQ(bench.end(first).failure, Failure::lost);
    EXPECT_EQ(server.request_count(), 1);
}

TEST(OutboundFailure, OneThatTimesOutMakesRoomForTheNext) {
    ScriptedServer server{[](ScriptedServer::Peer& peer) {
        if (peer.number() == 1) return keep_silent(peer);
        while (peer.read()) peer.say(http_answer("200 OK", ""));
    }};
    outbound::ClientSettings settings;
    settings.connections_per_host = 1;
    OutboundBench bench{settings};

    auto first = bench.begin(impatient(server.url()));
    auto second = bench.begin(call_to(server.url()));

    EXPECT_EQ(bench.end(first).failure, Failure::timed_out_sent);
    EXPECT_TRUE(bench.end(second).answered());
}

// The heart of it: curl alone would send the second request again on a fresh connection.
struct AtMostOnce : testing::TestWithParam<const char*> {
    static Call another(const ScriptedServer& server) {
        auto call = call_to(server.url("/second"), std::string{GetParam()} == "POST" ? "{}" : "");
        call.method = GetParam();
        return call;
    }
    static bool is_second(const ScriptedServer::Request& request) {
        return request.line().find("/second") != std::string::npos;
    }
    static long seconds_seen(ScriptedServer& server) {
        const auto all = server.requests();
        return std::count_if(all.begin(), all.end(), is_second);
    }
    static void expect_one_call(const ScriptedServer::Script& ending) {
        ScriptedServer server{[&](ScriptedServer::Peer& peer) {
            while (peer.read()) {
                if (is_second(peer.request())) return ending(peer);
                peer.say(http_answer("200 OK", ""));
            }
        }};
        OutboundBench bench;
        ASSERT_TRUE(bench.ask(call_to(server.url("/first"))).answered());

        const auto reply = bench.ask(another(server));

        EXPECT_EQ(reply.failure, Failure::lost) << reply.error;
        EXPECT_EQ(seconds_seen(server), 1);
        // What comes later finds its way again, and brings nothing of the lost one along.
        EXPECT_TRUE(bench.ask(call_to(server.url("/third"))).answered());
        EXPECT_EQ(seconds_seen(server), 1);
    }
};

TEST_P(AtMostOnce, OnAKeptConnectionThatClosesWithoutAnAnswer) {
    expect_one_call([](ScriptedServer::Peer&) {});
}

TEST_P(AtMostOnce, OnAKeptConnectionThatIsReset) {
    expect_one_call([](ScriptedServer::Peer& peer) { peer.reset(); });
}

INSTANTIATE_TEST_SUITE_P(Methods, AtMostOnce, testing::Values("POST", "PUT", "GET", "DELETE", "HEAD"));

TEST(OutboundFailure, AKeptConnectionThatClosedWhileIdleIsNotUsed) {
    ScriptedServer server{[&](ScriptedServer::Peer& peer) {
        peer.read();
        peer.say(http_answer("200 OK", ""));
    }};
    OutboundBench bench;
    for (int i = 1; i <= 5; ++i) {
        EXPECT_TRUE(bench.ask(call_to(server.url())).answered());
        ASSERT_TRUE(eventually([&] { return server.closed() == i; }));
    }
    EXPECT_EQ(server.connections(), 5);
    EXPECT_EQ(server.request_count(), 5);
}

}  // namespace
}  // namespace carillon::test
