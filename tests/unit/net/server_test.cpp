// Requests and answers over a real socket.
#include "net/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/unit_http_server.hpp"

namespace carillon::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

std::string get_request(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post_head(const std::string& target, const std::string& fields) {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + fields + "\r\n";
}

std::string post_request(const std::string& target, const std::string& body) {
    return post_head(target, "Content-Length: " + std::to_string(body.size()) + "\r\n") + body;
}

// "200", or "400 malformed_request" for a problem, or "gone" when there was no answer.
std::string verdict(const std::optional<Reply>& reply) {
    if (!reply) return "gone";
    auto text = std::to_string(reply->status);
    const auto type = reply->headers.find("content-type");
    if (type != reply->headers.end() && type->second == problem_type)
        text += " " + Json::parse(reply->body).at("code").get<std::string>();
    return text;
}

bool says_close(const std::optional<Reply>& reply) {
    return reply && reply->headers.contains("connection") && reply->headers.at("connection") == "close";
}

struct ServerTest : testing::Test {
    TestServer server;
    HttpClient client{server.port()};
};

TEST_F(ServerTest, KeepsTheConnection) {
    for (int i = 0; i < 3; ++i) {
        const auto reply = client.ask(get_request("/hello"));
        ASSERT_EQ(verdict(reply), "200");
        EXPECT_EQ(reply->body, R"({"hello":"world"})");
        EXPECT_FALSE(says_close(reply));
    }
    EXPECT_EQ(server.numbers().accepted, 1U);
    EXPECT_EQ(server.numbers().connections, 1U);
}

TEST_F(ServerTest, EndsTheConnectionWhereAHandlerAbandonsItsAnswer) {
    const auto first = client.ask(get_request("/hello") + get_request("/abandoned") + get_request("/hello"));

    EXPECT_EQ(verdict(first), "200");
    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST_F(ServerTest, ClosesWhenTheClientAsksForIt) {
    EXPECT_TRUE(says_close(client.ask(get_request("/hello", "Connection: close\r\n"))));
    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST_F(ServerTest, KeepsAnOldClientOnlyOnRequest) {
    const auto kept = client.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    ASSERT_EQ(verdict(kept), "200");
    EXPECT_EQ(kept->headers.at("connection"), "keep-alive");

    EXPECT_TRUE(says_close(client.ask("GET /hello HTTP/1.0\r\n\r\n")));
    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
    std::string requests;
    for (int i = 0; i < 200; ++i) requests += get_request("/number/" + std::to_string(i));
    ASSERT_TRUE(client.send(requests));

    for (int i = 0; i < 200; ++i) {
        const auto reply = client.reply();
        ASSERT_EQ(verdict(reply), "200") << i;
        EXPECT_EQ(Json::parse(reply->body)["n"], std::to_string(i));
    }
}

TEST_F(ServerTest, LetsASlowAnswerGoBeforeAQuickOne) {
    client.send(get_request("/held") + get_request("/hello"));
    ASSERT_TRUE(server.holds(1));
    EXPECT_FALSE(client.has_news());

    server.let_go();

    EXPECT_EQ(client.reply()->body, R"({"held":true})");
    EXPECT_EQ(client.reply()->body, R"({"hello":"world"})");
}

TEST_F(ServerTest, AnswersHeadWithoutABodyAndGoesOn) {
    const auto reply = client.ask("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n", true);
    ASSERT_EQ(verdict(reply), "200");
    EXPECT_EQ(reply->headers.at("content-length"), "17");

    const auto missing = client.ask("HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", true);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->status, 404);
    EXPECT_EQ(verdict(client.ask(get_request("/hello"))), "200");
}

TEST_F(ServerTest, PutsTogetherARequestThatComesByTheByte) {
    const auto request = post_head("/echo", "Transfer-Encoding: chunked\r\n") + "3\r\n[1]\r\n0\r\n\r\n";
    for (const char c : request) ASSERT_TRUE(client.send({&c, 1}));

    EXPECT_EQ(client.reply()->body, R"({"got":[1]})");
}

TEST_F(ServerTest, ReadsBodiesOfBothFramingsInOneGo) {
    client.send(post_request("/echo", "[1]") + post_head("/echo", "Transfer-Encoding: chunked\r\n") +
                "1\r\n[\r\n2\r\n2]\r\n0\r\nTrailer: x\r\n\r\n" + get_request("/hello"));

    EXPECT_EQ(client.reply()->body, R"({"got":[1]})");
    EXPECT_EQ(client.reply()->body, R"({"got":[2]})");
    EXPECT_EQ(client.reply()->body, R"({"hello":"world"})");
}

TEST_F(ServerTest, ForgivesOneEmptyLineBeforeARequest) {
    EXPECT_EQ(verdict(client.ask("\r\n" + get_request("/hello"))), "200");
    EXPECT_EQ(verdict(client.ask(post_request("/echo", "1") + "\r\n" + get_request("/hello"))), "200");
    EXPECT_EQ(verdict(client.reply()), "200");
    for (const char c : "\r\n" + get_request("/hello")) client.send({&c, 1});
    EXPECT_EQ(verdict(client.reply()), "200");

    EXPECT_EQ(verdict(client.ask("\r\n\r\n" + get_request("/hello"))), "400 malformed_request");
    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST_F(ServerTest, TellsAClientToGoOnWhenItAsks) {
    client.send(post_head("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
    const auto go_on = client.reply();
    ASSERT_TRUE(go_on);
    EXPECT_EQ(go_on->head, "HTTP/1.1 100 Continue\r\n\r\n");

    EXPECT_EQ(client.ask("[1]")->body, R"({"got":[1]})");
    EXPECT_EQ(verdict(client.ask(get_request("/hello"))), "200");
}

TEST_F(ServerTest, DoesNotTellAClientToGoOnThatHas) {
    const auto reply =
        client.ask(post_head("/echo", "Content-Length: 3\r\nExpect: 100-continue\r\n") + "[1]");

    EXPECT_EQ(verdict(reply), "200");
}

TEST_F(ServerTest, TurnsAwayBeforeTheBodyIsSent) {
    const std::string expects = "Expect: 100-continue\r\nContent-Length: 3\r\n";
    const std::string large = "Expect: 100-continue\r\nContent-Length: 1048577\r\n";
    const std::vector<std::pair<std::string, std::string>> rows{
        {post_head("/private", expects), "401 token_missing"},
        {post_head("/nothing", expects), "404 route_not_found"},
        {post_head("/hello", expects), "405 method_not_allowed"},
        {post_head("/echo", large), "413 too_large"},
        {post_head("/echo", "Expect: the-unexpected\r\nContent-Length: 3\r\n"), "417 expectation_failed"},
        {"POST /echo HTTP/1.1\r\nHost: a\r\n" + expects + "\r\n", "415 unsupported_media"}};
    for (const auto& [head, expected] : rows) {
        HttpClient each{server.port()};
        const auto reply = each.ask(head);
        EXPECT_EQ(verdict(reply), expected);
        EXPECT_TRUE(says_close(reply)) << expected;
    }
}

TEST_F(ServerTest, SkipsTheSmallBodyOfARefusedRequest) {
    const auto refused = client.ask(post_request("/private", "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(verdict(refused), "401 token_missing");
    EXPECT_FALSE(says_close(refused));

    EXPECT_EQ(verdict(client.ask(get_request("/hello"))), "200");
}

TEST_F(ServerTest, DoesNotReadTheLargeBodyOfARefusedRequest) {
    const auto refused = client.ask(post_head("/private", "Content-Length: 1000000\r\n"));

    EXPECT_EQ(verdict(refused), "401 token_missing");
    EXPECT_TRUE(says_close(refused));
}

TEST_F(ServerTest, HandsAStreamOverAsItComes) {
    const std::string half(3 << 20, 'x');
    client.send(post_head("/stream", "Transfer-Encoding: chunked\r\n") + "300000\r\n" + half +
                "\r\n300000\r\n");
    client.send(half + "\r\n0\r\n\r\n");

    const auto reply = client.reply();

    ASSERT_EQ(verdict(reply), "200");
    EXPECT_EQ(Json::parse(reply->body)["bytes"], 6 << 20);
    EXPECT_GT(Json::parse(reply->body)["pieces"], 10);
    EXPECT_EQ(verdict(client.ask(post_request("/stream", ""))), "200");
}

TEST_F(ServerTest, RefusesAStreamThatGrowsTooLarge) {
    const auto chunk = "100000\r\n" + std::string(1 << 20, 'x') + "\r\n";
    client.send(post_head("/stream", "Transfer-Encoding: chunked\r\n"));
    for (int i = 0; i < 16; ++i) ASSERT_TRUE(client.send(chunk));

    const auto reply = client.ask("1\r\n");

    EXPECT_EQ(verdict(reply), "413 too_large");
    EXPECT_TRUE(says_close(reply));
}

TEST_F(ServerTest, EndsAConnectionWhoseBodyWasNotRead) {
    const auto reply = client.ask(post_head("/careless", "Content-Length: 10\r\n") + "01234");

    EXPECT_EQ(verdict(reply), "204");
    EXPECT_TRUE(says_close(reply));
}

TEST_F(ServerTest, AnswersABodyThatBreaksOff) {
    for (const auto* target : {"/echo", "/stream"}) {
        HttpClient each{server.port()};
        each.send(post_head(target, "Content-Length: 10\r\n") + "01234");
        each.finish();

        const auto reply = each.reply();

        EXPECT_EQ(verdict(reply), "400 malformed_request") << target;
        EXPECT_TRUE(says_close(reply)) << target;
    }
}

TEST_F(ServerTest, SaysNothingToHalfARequest) {
    client.send("GET /hello HTTP/1.1\r\nHos");
    client.finish();

    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST_F(ServerTest, AnswersAClientThatWillSendNoMore) {
    client.send(get_request("/hello"));
    client.finish();

    EXPECT_EQ(verdict(client.reply()), "200");
    EXPECT_THAT(client.rest(), IsEmpty());
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
    const std::string hello_of_tls{"\x16\x03\x01\x02\x00\x01\x00", 7};
    for (const auto& bytes :
         {hello_of_tls, std::string{"\0\0\0", 3}, std::string{"{}\r\n\r\n"}, std::string{"\n"}}) {
        HttpClient each{server.port()};
        const auto reply = each.ask(bytes);
        EXPECT_EQ(verdict(reply), "400 malformed_request");
        EXPECT_TRUE(says_close(reply));
        each.finish();
        EXPECT_THAT(each.rest(), IsEmpty());
    }
}

TEST_F(ServerTest, RefusesBadHeadsAndHangsUp) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"GET /" + std::string(9 << 10, 'x') + " HTTP/1.1\r\n\r\n", "414 uri_too_long"},
        {get_request("/hello", "A: " + std::string(16 << 10, 'x') + "\r\n"), "431 header_too_large"},
        {"GET /hello HTTP/2.0\r\n\r\n", "505 version_not_supported"},
        {post_head("/echo", "Transfer-Encoding: gzip, chunked\r\n"), "501 transfer_encoding"},
        {post_head("/echo", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), "400 malformed_request"},
        {"GET /hello HTTP/1.1\r\n\r\n", "400 malformed_request"}};
    for (const auto& [head, expected] : rows) {
        HttpClient each{server.port()};
        // What follows must not be taken for a request of its own.
        const auto reply = each.ask(head + get_request("/hello"));
        EXPECT_EQ(verdict(reply), expected);
        EXPECT_TRUE(says_close(reply)) << expected;
        each.finish();
        EXPECT_THAT(each.rest(), IsEmpty()) << expected;
    }
}

TEST_F(ServerTest, GivesEveryRefusalAnId) {
    const auto reply = client.ask("GET\r\n\r\n");

    ASSERT_EQ(verdict(reply), "400 malformed_request");
    EXPECT_EQ(Json::parse(reply->body)["request_id"], reply->headers.at("x-request-id"));
    EXPECT_THAT(reply->head, HasSubstr("\r\nDate: "));
}

TEST_F(ServerTest, BelievesNoForwardedAddressFromJustAnybody) {
    const auto reply = client.ask(get_request("/who", "X-Forwarded-For: 198.51.100.1\r\n"));

    EXPECT_EQ(Json::parse(reply->body), Json::parse(R"({"peer":"127.0.0.1","secure":false})"));
}

TEST(ServerBehindAProxy, BelievesTheAddressTheProxyAdded) {
    auto settings = patient();
    settings.trusted_proxies = {"127.0.0.0/8"};
    TestServer server{settings};
    HttpClient client{server.port()};
    const auto peer = [&](const std::string& fields) {
        return Json::parse(client.ask(get_request("/who", fields))->body)["peer"].get<std::string>();
    };

    EXPECT_EQ(peer(""), "127.0.0.1");
    EXPECT_EQ(peer("X-Forwarded-For: 198.51.100.1\r\n"), "198.51.100.1");
    EXPECT_EQ(peer("X-Forwarded-For: 203.0.113.66, 198.51.100.1\r\n"), "198.51.100.1");
    // A proxy may add a line of its own below the one that the client sent.
    EXPECT_EQ(peer("X-Forwarded-For: 203.0.113.66\r\nx-forwarded-for: 198.51.100.1\r\n"), "198.51.100.1");
}

TEST(ServerListen, RefusesAnAddressItCannotHave) {
    TestServer first;
    for (const auto& [host, port] :
         {std::pair{"127.0.0.1", first.port()}, std::pair{"nowhere", std::uint16_t{0}},
          std::pair{"203.0.113.1", std::uint16_t{0}}}) {
        boost::asio::io_context io;
        RouterBench bench;
        net::ServerSettings settings;
        settings.listen = {{host, port, false}};
        net::Server second{io, settings, bench.router, nullptr};

        const auto bound = second.listen();

        ASSERT_TRUE(bound.has_error()) << host;
        EXPECT_THAT(bound.error().detail, StartsWith(std::string{"cannot listen on "} + host + ":")) << host;
    }
}

}  // namespace
}  // namespace carillon::test
