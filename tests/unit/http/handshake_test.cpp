#include "http/handshake.hpp"

#include <gmock/gmock.h>

#include "http/credentials.hpp"

namespace carillon::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Fields = std::vector<Header>;

Fields proper() {
    return {{"Host", "notify.example.com"},
            {"Upgrade", "websocket"},
            {"Connection", "keep-alive, Upgrade"},
            {"Sec-WebSocket-Version", "13"},
            {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}};
}

Fields with(std::string_view name, std::string_view value) {
    auto fields = proper();
    for (auto& field : fields)
        if (field.name == name) {
            field.value = value;
            return fields;
        }
    fields.push_back({name, value});
    return fields;
}

std::string problem_of(const Fields& fields, Method method = Method::get, int version = 11) {
    Request request;
    request.method = method;
    request.version = version;
    request.headers = fields;
    const auto error = check_handshake(request);
    if (!error) return "";
    return error->code.empty() ? std::string{describe(error->failure).code} : error->code;
}

TEST(Handshake, TheKeyIsAnsweredAsTheRfcShows) {
    EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, AProperOneIsTaken) {
    EXPECT_EQ(problem_of(proper()), "");
    EXPECT_EQ(problem_of(with("Upgrade", "WebSocket")), "");
    EXPECT_EQ(problem_of(with("Content-Length", "0")), "");
}

TEST(Handshake, WhatIsNoneIsToldWhatIsSpokenHere) {
    EXPECT_EQ(problem_of({}), "upgrade_required");
    EXPECT_EQ(problem_of(with("Upgrade", "h2c")), "upgrade_required");
    EXPECT_EQ(problem_of(proper(), Method::get, 10), "upgrade_required");
    EXPECT_EQ(problem_of(with("Sec-WebSocket-Version", "8")), "websocket_version");
    EXPECT_EQ(problem_of(with("Sec-WebSocket-Version", "013")), "websocket_version");
}

TEST(Handshake, OneThatBreaksTheRulesIsRefused) {
    EXPECT_EQ(problem_of(with("Connection", "keep-alive")), "malformed_handshake");
    EXPECT_EQ(problem_of(with("Sec-WebSocket-Key", "short")), "malformed_handshake");
    EXPECT_EQ(problem_of(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=!")), "malformed_handshake");
    EXPECT_EQ(problem_of(with("Sec-WebSocket-Key", "dGhlIHNhbXBsZ!Bub25jZQ==")), "malformed_handshake");
    EXPECT_EQ(problem_of(with("Content-Length", "5")), "malformed_handshake");
    EXPECT_EQ(problem_of(with("Transfer-Encoding", "chunked")), "malformed_handshake");
    EXPECT_EQ(problem_of(proper(), Method::head), "malformed_handshake");
    auto twice = proper();
    twice.push_back({"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="});
    EXPECT_EQ(problem_of(twice), "malformed_handshake");
}

TEST(Handshake, ListsAreReadOverAllTheirLines) {
    Request request;
    request.headers = {{"Sec-WebSocket-Protocol", "a, b ,,"}, {"sec-websocket-protocol", "c"}};
    EXPECT_THAT(listed(request, "Sec-WebSocket-Protocol"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(listed(request, "Other"), IsEmpty());
}

bool connects(std::string_view origin, const OriginRules& rules,
              std::string_view host = "notify.example.com") {
    Request request;
    request.headers = {{"Host", host}};
    if (!origin.empty()) request.headers.push_back({"Origin", origin});
    return may_connect(request, Cors{{"https://app.example.com"}}, rules);
}

TEST(Origin, AppsSendNoneAndPagesMustBeKnown) {
    const OriginRules rules{"https://public.example.com", false};
    EXPECT_TRUE(connects("", rules));
    EXPECT_TRUE(connects("https://app.example.com", rules));
    EXPECT_TRUE(connects("https://public.example.com", rules));
    EXPECT_TRUE(connects("https://notify.example.com", rules));
    EXPECT_FALSE(connects("https://app.example.com.evil.example", rules));
    EXPECT_FALSE(connects("https://evil.example", rules));
    EXPECT_FALSE(connects("http://app.example.com", rules));
    EXPECT_FALSE(connects("null", rules));
}

TEST(Origin, InDevelopmentModeOnlyPagesOfThisMachineAreOurs) {
    const OriginRules rules{"", true};
    EXPECT_TRUE(connects("http://localhost:8000", rules, "localhost:8000"));
    EXPECT_TRUE(connects("http://127.0.0.1:8000", rules, "127.0.0.1:8000"));
    EXPECT_TRUE(connects("http://[::1]:8000", rules, "[::1]:8000"));
    // A name that leads here, on a page that does not come from here.
    EXPECT_FALSE(connects("http://rebound.example:8000", rules, "rebound.example:8000"));
    EXPECT_FALSE(connects("http://127.0.0.1.evil.example", rules, "127.0.0.1.evil.example"));
    EXPECT_FALSE(connects("http://127.0.0.1:3000", rules, "127.0.0.1:8000"));
}

std::string shown(const Fields& fields, std::string_view query) {
    Request request;
    request.headers = fields;
    request.query = query;
    const auto credentials = credentials_of_handshake(request);
    if (credentials.has_error()) return credentials.error().code;
    return credentials->token + "|" + credentials->ticket;
}

TEST(Credentials, AreFoundWhereverAClientCanPutThem) {
    EXPECT_EQ(shown({{"Authorization", "Bearer abc"}}, ""), "abc|");
    EXPECT_EQ(shown({}, "since=4&token=abc"), "abc|");
    EXPECT_EQ(shown({}, "token=a%2Bb"), "a+b|");
    EXPECT_EQ(shown({{"Sec-WebSocket-Protocol", "carillon.v1, bearer.abc"}}, ""), "abc|");
    EXPECT_EQ(shown({}, "ticket=abc"), "|abc");
    EXPECT_EQ(shown({}, "tokens=abc"), "|");
}

TEST(Credentials, OneWayAtATime) {
    EXPECT_EQ(shown({{"Authorization", "Bearer abc"}}, "token=abc"), "ambiguous_token");
    EXPECT_EQ(shown({{"Sec-WebSocket-Protocol", "bearer.abc"}}, "ticket=x"), "ambiguous_token");
    EXPECT_EQ(shown({}, "token="), "invalid_token");
    EXPECT_EQ(shown({{"Sec-WebSocket-Protocol", "bearer.a, bearer.b"}}, ""), "ambiguous_token");
    EXPECT_EQ(shown({{"Sec-WebSocket-Protocol", "bearer."}}, ""), "invalid_token");
    EXPECT_EQ(shown({{"Authorization", "Basic abc"}}, ""), "invalid_token");
}

}  // namespace
}  // namespace carillon::http
