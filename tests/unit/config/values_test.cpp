// Single texts: addresses, links, origins, connection texts.
#include <gmock/gmock.h>

#include "config/checks.hpp"
#include "config/rules.hpp"
#include "config/suggestion.hpp"

namespace carillon::config {
namespace {

TEST(Endpoint, IsReadAndWrittenBack) {
    for (const char* text :
         {"127.0.0.1:8000", "0.0.0.0:0", "[::1]:8000", "[::]:65535", "localhost:1", "a-b.example:2"}) {
        const auto endpoint = parse_endpoint(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(to_text(*endpoint), text);
    }
}

TEST(Endpoint, RefusesWhatIsNone) {
    for (const char* text : {"",
                             ":",
                             "8000",
                             ":8000",
                             "127.0.0.1",
                             "127.0.0.1:",
                             "127.0.0.1:65536",
                             "127.0.0.1:-1",
                             "127.0.0.1:80x",
                             "127.0.0.1: 80",
                             "::1:8000",
                             "[::1]",
                             "[::1]8000",
                             "[]:1",
                             "[1.2.3.4]:1",
                             "300.1.1.1:1",
                             "1.2.3:1",
                             "a b:1",
                             "a_b:1",
                             "*:80",
                             "http://a:1"}) {
        EXPECT_FALSE(parse_endpoint(text)) << text;
    }
}

TEST(Endpoint, KnowsWhatOnlyThisMachineReaches) {
    for (const char* text :
         {"127.0.0.1:1", "127.255.0.9:1", "localhost:1", "[::1]:1", "[::ffff:127.0.0.1]:1"}) {
        EXPECT_TRUE(is_loopback(parse_endpoint(text).value())) << text;
    }
    for (const char* text :
         {"0.0.0.0:1", "128.0.0.1:1", "[::]:1", "[::2]:1", "[::ffff:10.0.0.1]:1", "local:1"}) {
        EXPECT_FALSE(is_loopback(parse_endpoint(text).value())) << text;
    }
}

TEST(Proxy, IsAnAddressOrABlock) {
    for (const char* text :
         {"10.0.0.1", "10.0.0.0/8", "10.0.0.0/0", "10.0.0.0/32", "::1", "fd00::/8", "::/128"}) {
        EXPECT_TRUE(is_address_or_block(text)) << text;
    }
    for (const char* text :
         {"", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/8x", "::/129", "proxy", "/8"}) {
        EXPECT_FALSE(is_address_or_block(text)) << text;
    }
    EXPECT_FALSE(is_address_or_block(std::string_view{"10.0.0.1\0x", 10}));
}

struct Row {
    const Check& check;
    std::vector<const char*> right;
    std::vector<const char*> wrong;
};

TEST(Checks, TakeWhatIsRightAndNothingElse) {
    const Row rows[] = {
        {checks::public_url,
         {"", "https://a.example", "http://localhost:8000", "https://a.example/sub"},
         {"a.example", "ftp://a", "https://", "https://a/", "https://a b", "https://a?x=1", "https://u@a",
          "https://a#b"}},
        {checks::origin,
         {"*", "https://a.example", "http://127.0.0.1:3000", "http://[::1]:3000"},
         {"", "null", "a.example", "https://", "https://a/", "https://a/b", "https://a:99999",
          "https://*.a"}},
        {checks::connection,
         {"", "postgres://u:p@h:5432/d", "postgresql:///d?host=/tmp", "host=/tmp dbname=d"},
         {"d", "mysql://h/d", "postgres://u:p%@h", "postgres://u:p%zz@h", "postgres://h/a b",
          "http://h/?a=b"}},
        {checks::phone_number,
         {"", "+919876543210", "91 98765-43210", "123456789012345"},
         {"+91XXXXXXXXXX", "1234567", "+", "12345678a", "123456789012345678901"}},
        {checks::digits, {"", "0123"}, {"+1", "1a", " "}},
        {checks::identifier, {"", "my-app_1.x:y"}, {"a b", "a/b", "é", "a\n"}},
        {checks::signing_key, {"", "0123456789abcdef0123456789abcdef"}, {"0123456789abcdef0123456789abcde"}},
        {checks::any_text, {"", "a b é"}, {"a\nb", "\x7F", "\x01"}},
    };
    for (const auto& [check, right, wrong] : rows) {
        for (const char* text : right) EXPECT_TRUE(check.accepts(text)) << check.expected << ": " << text;
        for (const char* text : wrong) EXPECT_FALSE(check.accepts(text)) << check.expected << ": " << text;
    }
}

TEST(MaskPassword, HidesItWhereverItMayStand) {
    const std::pair<const char*, const char*> rows[] = {
        {"postgres://app:hunter2@db:5432/x", "postgres://app:***@db:5432/x"},
        {"postgres://app@db/x", "postgres://app@db/x"},
        {"postgres:///x?host=/tmp", "postgres:///x?host=/tmp"},
        {"postgres://:hunter2@db/x", "postgres://:***@db/x"},
        {"postgres://app:hunt@er2@db/x", "postgres://app:***@db/x"},
        {"postgres://app:hunt/er2@db/x", "postgres://app:***@db/x"},
        {"postgres://app:hunt?er2@db/x", "postgres://app:***@db/x"},
        {"postgres://db/x?user=app&password=hunter2&sslmode=require",
         "postgres://db/x?user=app&password=***&sslmode=require"},
        {"postgres://app:hunter2@db/x?sslpassword=hunter2", "postgres://app:***@db/x?sslpassword=***"},
        {"host=db password=hunter2 user=app", "host=db password=*** user=app"},
        {"host=db password = 'hunt er2' user=app", "host=db password = *** user=app"},
        {"password='hunt\\'er2'", "password=***"},
        {"password=hunt\\ er2 user=app", "password=*** user=app"},
        {"host=db passfile=/x", "host=db passfile=/x"},
        {"", ""},
    };
    for (const auto& [text, masked] : rows) EXPECT_EQ(mask_password(text), masked);
}

TEST(Suggestion, IsTheNearestWhenItIsNear) {
    const std::vector<std::string> known{"serve", "token", "version"};
    EXPECT_EQ(suggestion("sevre", known), " (did you mean serve?)");
    EXPECT_EQ(suggestion("verison", known), " (did you mean version?)");
    EXPECT_EQ(suggestion("bananas", known), "");
}

}  // namespace
}  // namespace carillon::config
