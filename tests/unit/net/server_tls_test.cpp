#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>

#include "net/tls.hpp"
#include "support/unit_certificates.hpp"
#include "support/unit_http_server.hpp"

namespace carillon::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr auto who = "GET /who HTTP/1.1\r\nHost: a\r\n\r\n";

Certificates& certificates() {
    static Certificates all;
    return all;
}

std::shared_ptr<const net::TlsContext> context_for(const std::vector<std::string>& names,
                                                   bool only_1_3 = false) {
    net::TlsSettings settings;
    settings.only_1_3 = only_1_3;
    for (const auto& name : names) settings.certificates.push_back(certificates().make(name));
    return net::TlsContext::create(settings).value();
}

struct ServerTlsTest : testing::Test {
    // The name of the certificate that a client is shown, or "refused".
    std::string shown(const TlsWish& wish) {
        HttpClient client{server.port()};
        return client.start_tls(wish) ? client.certificate_name() : "refused";
    }
    TestServer server{patient(), context_for({"a.example.com", "b.example.com", "*.wild.example.com"})};
};

TEST_F(ServerTlsTest, SpeaksBothVersions) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        HttpClient client{server.port()};
        ASSERT_TRUE(client.start_tls({"a.example.com", {}, version})) << version;
        for (int i = 0; i < 3; ++i) {
            const auto reply = client.ask(who);
            ASSERT_TRUE(reply) << version;
            EXPECT_EQ(Json::parse(reply->body)["secure"], true);
        }
    }
}

TEST_F(ServerTlsTest, RefusesOldVersionsAndOnRequestTheSecondNewest) {
    EXPECT_EQ(shown({"a.example.com", {}, TLS1_1_VERSION}), "refused");

    TestServer strict{patient(), context_for({"a.example.com"}, true)};
    HttpClient old{strict.port()};
    EXPECT_FALSE(old.start_tls({"a.example.com", {}, TLS1_2_VERSION}));
    HttpClient current{strict.port()};
    EXPECT_TRUE(current.start_tls({"a.example.com", {}, TLS1_3_VERSION}));
}

TEST_F(ServerTlsTest, ChoosesTheCertificateByTheNameThatIsAskedFor) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        EXPECT_EQ(shown({"a.example.com", {}, version}), "a.example.com");
        EXPECT_EQ(shown({"b.example.com", {}, version}), "b.example.com");
        EXPECT_EQ(shown({"B.Example.COM", {}, version}), "b.example.com");
        EXPECT_EQ(shown({"x.wild.example.com", {}, version}), "*.wild.example.com");
        EXPECT_EQ(shown({"x.y.wild.example.com", {}, version}), "a.example.com");
        EXPECT_EQ(shown({"unknown.example.com", {}, version}), "a.example.com");
        EXPECT_EQ(shown({"", {}, version}), "a.example.com");
    }
}

TEST_F(ServerTlsTest, AgreesOnHttpOneOrNothing) {
    HttpClient both{server.port()};
    ASSERT_TRUE(both.start_tls({"b.example.com", {"h2", "http/1.1"}, 0}));
    EXPECT_EQ(both.protocol(), "http/1.1");
    EXPECT_TRUE(both.ask(who));

    HttpClient silent{server.port()};
    ASSERT_TRUE(silent.start_tls({"a.example.com", {}, 0}));
    EXPECT_EQ(silent.protocol(), "");

    EXPECT_EQ(shown({"a.example.com", {"h2"}, 0}), "refused");
    EXPECT_EQ(shown({"a.example.com", {"http/1.0"}, 0}), "refused");
}

TEST_F(ServerTlsTest, CarriesLargeBodiesBothWays) {
    HttpClient client{server.port()};
    ASSERT_TRUE(client.start_tls({"a.example.com", {}, 0}));
    const std::string text(1'000'000, 'x');
    const auto body = "\"" + text + "\"";
    client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);

    EXPECT_TRUE(client.reply()->body == "{\"got\":" + body + "}");
    EXPECT_TRUE(client.ask("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")->body == large_body());
}

TEST_F(ServerTlsTest, AnswersPipelinedRequestsThatShareARecord) {
    HttpClient client{server.port()};
    ASSERT_TRUE(client.start_tls({"a.example.com", {}, 0}));
    client.send(std::string{who} + who + who);

    for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.reply()) << i;
}

TEST_F(ServerTlsTest, TakesNewCertificatesWithoutDroppingAnybody) {
    HttpClient before{server.port()};
    ASSERT_TRUE(before.start_tls({"a.example.com", {}, 0}));
    ASSERT_TRUE(before.ask(who));

    server.replace_tls(context_for({"new.example.com"}));

    EXPECT_TRUE(before.ask(who));
    EXPECT_EQ(shown({"a.example.com", {}, 0}), "new.example.com");
}

TEST_F(ServerTlsTest, ClosesOnAClientThatSpeaksPlainly) {
    HttpClient client{server.port()};
    client.send(who);

    EXPECT_THAT(client.rest(), Not(HasSubstr("HTTP/1.1")));
}

TEST_F(ServerTlsTest, GivesAHandshakeNoMoreTimeThanAHeader) {
    auto settings = patient();
    settings.header_time = std::chrono::seconds{2};
    TestServer hurried{settings, context_for({"a.example.com"})};
    HttpClient silent{hurried.port()};
    HttpClient slow{hurried.port()};
    slow.send({"\x16\x03\x01", 3});

    EXPECT_GT(hurried.ticks_until([&] { return silent.has_news() && slow.has_news(); }), 0);
}

TEST_F(ServerTlsTest, EndsAHandshakeThatIsUnderWayWhenItStops) {
    HttpClient silent{server.port()};
    HttpClient open{server.port()};
    ASSERT_TRUE(open.start_tls({"a.example.com", {}, 0}));
    ASSERT_TRUE(open.ask(who));

    server.begin_stop(std::chrono::milliseconds{0}, std::chrono::minutes{1});

    EXPECT_EQ(silent.rest(), "");
    EXPECT_EQ(open.rest(), "");
    open.finish();
    EXPECT_TRUE(server.ended());
}

std::string complaint(const net::CertificateFiles& files) {
    const auto context = net::TlsContext::create({{files}, false});
    return context.has_error() ? context.error().detail : "";
}

TEST(TlsContext, NamesTheFileThatIsOfNoUse) {
    const auto good = certificates().make("a.example.com");
    const auto other = certificates().make("b.example.com");
    const auto empty = certificates().path_of("empty.pem");
    std::ofstream{empty} << "no certificate\n";

    EXPECT_EQ(complaint(good), "");
    EXPECT_THAT(complaint({certificates().path_of("missing.pem"), good.key}), HasSubstr("missing.pem: "));
    EXPECT_THAT(complaint({empty, good.key}), HasSubstr("empty.pem: "));
    EXPECT_THAT(complaint({good.certificate, certificates().path_of("missing.key")}),
                HasSubstr("missing.key: "));
    EXPECT_THAT(complaint({good.certificate, empty}), HasSubstr("empty.pem: "));
    EXPECT_THAT(complaint({good.certificate, other.key}), HasSubstr(other.key + ": "));
    EXPECT_TRUE(net::TlsContext::create({}).has_error());
}

}  // namespace
}  // namespace carillon::test
