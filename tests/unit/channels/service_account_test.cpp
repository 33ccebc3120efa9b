#include "channels/service_account.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "support/service_account.hpp"

namespace carillon::channels {
namespace {

using test::google_account;
using testing::HasSubstr;
using testing::Not;

Json key_file() {
    return google_account().key_file("https://oauth2.googleapis.com/token");
}

Result<ServiceAccount> parse(const Json& file) {
    return parse_service_account(Secret{to_text(file)});
}

Json part_of(const std::string& jwt, int part) {
    auto begin = jwt.begin();
    for (int i = 0; i < part; ++i) begin = std::find(begin, jwt.end(), '.') + 1;
    return Json::parse(from_base64url(std::string{begin, std::find(begin, jwt.end(), '.')}).value());
}

TEST(ServiceAccount, IsReadFromGooglesFile) {
    const auto account = parse(key_file());

    ASSERT_TRUE(account) << account.error().detail;
    EXPECT_EQ(account->project_id, "carillon-test");
    EXPECT_EQ(account->email, "push@carillon-test.example");
    EXPECT_EQ(account->key_id, "key-1");
    EXPECT_EQ(account->token_uri, "https://oauth2.googleapis.com/token");
}

TEST(ServiceAccount, TakesLineBreaksThatAreSpeltOut) {
    auto file = key_file();
    std::string spelt;
    for (const char c : file["private_key"].get<std::string>()) spelt += c == '\n' ? "\\n" : std::string{c};
    file["private_key"] = spelt;

    EXPECT_TRUE(parse(file));
}

TEST(ServiceAccount, HasGooglesTokenEndpointByDefault) {
    auto file = key_file();
    for (const auto* name : {"token_uri", "project_id", "private_key_id", "type"}) file.erase(name);

    const auto account = parse(file);

    ASSERT_TRUE(account);
    EXPECT_EQ(account->token_uri, "https://oauth2.googleapis.com/token");
    EXPECT_EQ(account->project_id, "");
}

TEST(ServiceAccount, GoesUnencryptedOnlyToThisMachine) {
    auto file = key_file();
    for (const auto* uri : {"http://127.0.0.1:8001/token", "http://localhost/token", "http://localhost",
                            "http://[::1]:8001/token", "https://example.com/token"}) {
        file["token_uri"] = uri;
        EXPECT_TRUE(parse(file)) << uri;
    }
    for (const auto* uri : {"http://example.com/token", "http://localhost.example.com/token",
                            "http://127.0.0.10/token", "http://localhost@example.com/token",
                            "http://localhost:80@example.com/token", "http://", "token"}) {
        file["token_uri"] = uri;
        EXPECT_FALSE(parse(file)) << uri;
    }
}

TEST(ServiceAccount, NamesWhatIsWrongAndShowsNothing) {
    struct Row {
        const char* field;
        Json value;
        const char* said;
    };
    for (const auto& [field, value, said] :
         {Row{"type", "authorized_user", "type is not service_account"},
          Row{"client_email", nullptr, "client_email is missing"},
          Row{"client_email", "", "client_email is missing"},
          Row{"private_key", nullptr, "private_key is missing"},
          Row{"private_key", 7, "private_key is missing"},
          Row{"private_key", "a-very-secret-thing", "private_key is no private key in PEM"},
          Row{"token_uri", "file:///etc/passwd", "token_uri is no https:// address"}}) {
        auto file = key_file();
        file[field] = value;
        const auto account = parse(file);
        ASSERT_FALSE(account) << said;
        EXPECT_THAT(account.error().detail, HasSubstr(said));
        EXPECT_THAT(account.error().detail, Not(HasSubstr("a-very-secret-thing")));
    }
}

TEST(ServiceAccount, IsNothingButAnObject) {
    for (const auto* text : {"", "{", "[]", "\"/etc/key.json\"", "{\"a\":1} trailing secret"}) {
        const auto account = parse_service_account(Secret{text});
        ASSERT_FALSE(account) << text;
        EXPECT_THAT(account.error().detail,
                    testing::AnyOf(HasSubstr("not JSON"), HasSubstr("not a JSON object")));
        EXPECT_THAT(account.error().detail, Not(HasSubstr("trailing")));
    }
    const auto huge = parse_service_account(Secret{std::string(100'000, ' ')});
    ASSERT_FALSE(huge);
    EXPECT_THAT(huge.error().detail, HasSubstr("64 KiB"));
}

TEST(ServiceAccount, SignsAnAssertionForAnHour) {
    const auto account = parse(key_file()).value();
    const auto now = parse_rfc3339("2026-11-21T07:30:00.5Z").value();

    const auto assertion = make_assertion(account, "a-scope", now);

    EXPECT_EQ(part_of(assertion, 0), Json::parse(R"({"alg": "RS256", "typ": "JWT", "kid": "key-1"})"));
    EXPECT_EQ(part_of(assertion, 1), Json::parse(R"({"iss": "push@carillon-test.example", "scope": "a-scope",
        "aud": "https://oauth2.googleapis.com/token", "iat": 1795246200, "exp": 1795249800})"));
    EXPECT_TRUE(google_account().has_signed(assertion));
    EXPECT_FALSE(google_account().has_signed("x" + assertion));
}

}  // namespace
}  // namespace carillon::channels
