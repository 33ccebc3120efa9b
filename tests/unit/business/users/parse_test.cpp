#include "business/users/parse.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace carillon::business::users {
namespace {

const ZoneNames zones{"UTC", "Africa/Douala", "Asia/Kolkata"};

Result<UserChange> parse(const std::string& text) {
    return parse_user_change(Json::parse(text), zones);
}

TEST(ParseUser, TakesEveryField) {
    const auto change =
        parse(R"({"id":"ada","name":"Ada","phone":"+237 691-924-173","email":"ada@example.com",
        "role":"provider","locale":"fr-CM","timezone":"Africa/Douala","area":"Bonamoussadi"})");

    ASSERT_TRUE(change.has_value());
    EXPECT_EQ(change->id.value(), "ada");
    EXPECT_EQ(change->name, "Ada");
    EXPECT_EQ(change->phone, FieldChange{"+237691924173"});
    EXPECT_EQ(change->email, FieldChange{"ada@example.com"});
    EXPECT_EQ(change->role, Role::provider);
    EXPECT_EQ(change->locale, FieldChange{"fr-CM"});
    EXPECT_EQ(change->timezone, FieldChange{"Africa/Douala"});
    EXPECT_EQ(change->area, FieldChange{"Bonamoussadi"});
}

TEST(ParseUser, KeepsWhatIsAbsent) {
    const auto change = parse("{}");

    ASSERT_TRUE(change.has_value());
    EXPECT_TRUE(change->id.empty());
    EXPECT_FALSE(change->name);
    EXPECT_FALSE(change->role);
    for (const auto& field : {change->phone, change->email, change->locale, change->timezone, change->area})
        EXPECT_FALSE(field);
}

TEST(ParseUser, ClearsWhatIsNull) {
    const auto change = parse(R"({"phone":null,"email":null,"locale":null,"timezone":null,"area":null})");

    ASSERT_TRUE(change.has_value());
    for (const auto& field : {change->phone, change->email, change->locale, change->timezone, change->area}) {
        ASSERT_TRUE(field);
        EXPECT_FALSE(*field);
    }
}

TEST(ParseUser, NamesEveryFieldThatIsWrong) {
    const auto change = parse(R"({"id":"a/b","name":"","phone":"12","nmae":"Ada"})");

    ASSERT_TRUE(change.has_error());
    std::vector<std::string> fields;
    for (const auto& error : change.error().fields) fields.push_back(error.field);
    EXPECT_EQ(fields, (std::vector<std::string>{"id", "name", "phone", "nmae"}));
}

struct Row {
    const char* name;
    std::string body;
    const char* field;
    const char* message;  // how it begins
};
void PrintTo(const Row& row, std::ostream* out) {
    *out << row.name;
}
std::string name_of_row(const testing::TestParamInfo<Row>& info) {
    return info.param.name;
}

std::string with(const std::string& field, const std::string& value) {
    return "{\"" + field + "\":\"" + value + "\"}";
}
std::string times(std::size_t count, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}

const std::vector<Row> bad_users{
    {"NoObject", "[]", "", "must be an object"},
    {"IdNumber", R"({"id":7})", "id", "must be a text of 1 to 128"},
    {"IdEmpty", with("id", ""), "id", "must be a text of 1 to 128"},
    {"IdTooLong", with("id", times(129, "é")), "id", "must be a text of 1 to 128"},
    {"IdWithSlash", with("id", "a/b"), "id", "must not contain '/'"},
    {"IdWithLineBreak", with("id", "a\\nb"), "id", "must not contain control"},
    {"IdWithControl", with("id", "a\\u0007"), "id", "must not contain control"},
    {"IdBlank", with("id", "  "), "id", "must not be blank"},
    {"IdDot", with("id", "."), "id", "is reserved"},
    {"IdDotDot", with("id", ".."), "id", "is reserved"},
    {"IdOfARoute", with("id", "bulk"), "id", "is reserved"},
    {"NameNull", R"({"name":null})", "name", "cannot be cleared"},
    {"NameEmpty", with("name", ""), "name", "must be a text of 1 to 200"},
    {"NameBlank", with("name", "   "), "name", "must not be blank"},
    {"NameTooLong", with("name", times(201, "n")), "name", "must be a text of 1 to 200"},
    {"NameWithTab", with("name", "A\\tB"), "name", "must not contain control"},
    {"PhoneTooShort", with("phone", "1234567"), "phone", "must be a phone number"},
    {"PhoneTooLong", with("phone", "1234567890123456"), "phone", "must be a phone number"},
    {"PhoneWithLetters", with("phone", "+23769192CALL"), "phone", "must be a phone number"},
    {"PhoneWithoutCountry", with("phone", "0691924173"), "phone", "must be a phone number"},
    {"PhoneNumber", R"({"phone":237691924173})", "phone", "must be a text"},
    {"EmailWithoutAt", with("email", "ada.example.com"), "email", "must be an e-mail"},
    {"EmailWithTwoAt", with("email", "a@b@c"), "email", "must be an e-mail"},
    {"EmailWithoutName", with("email", "@example.com"), "email", "must be an e-mail"},
    {"EmailWithoutHost", with("email", "ada@"), "email", "must be an e-mail"},
    {"EmailWithSpace", with("email", "ada @example.com"), "email", "must be an e-mail"},
    {"EmailTooLong", with("email", times(250, "a") + "@b.cm"), "email", "must be a text of 1 to 254"},
    {"RoleUnknown", with("role", "king"), "role", "must be one of admin, service"},
    {"RoleNull", R"({"role":null})", "role", "cannot be cleared"},
    {"LocaleOneLetter", with("locale", "f"), "locale", "must be a language tag"},
    {"LocaleCapital", with("locale", "FR"), "locale", "must be a language tag"},
    {"LocaleWord", with("locale", "french"), "locale", "must be a language tag"},
    {"LocaleUnderscore", with("locale", "fr_CM"), "locale", "must be a language tag"},
    {"LocaleEndsOpen", with("locale", "fr-"), "locale", "must be a language tag"},
    {"LocaleSubtagTooLong", with("locale", "fr-abcdefghi"), "locale", "must be a language tag"},
    {"LocaleSubtagTooShort", with("locale", "fr-C"), "locale", "must be a language tag"},
    {"TimezoneUnknown", with("timezone", "Africa/Atlantis"), "timezone", "must be the name of a time zone"},
    {"TimezoneOffset", with("timezone", "+01:00"), "timezone", "must be the name of a time zone"},
    {"AreaEmpty", with("area", ""), "area", "must be a text of 1 to 200"},
    {"AreaTooLong", with("area", times(201, "a")), "area", "must be a text of 1 to 200"},
    {"Misspelt", with("nmae", "Ada"), "nmae", "unknown field"},
};

class BadUser : public testing::TestWithParam<Row> {};

TEST_P(BadUser, IsRefusedWithTheField) {
    const auto change = parse(GetParam().body);

    ASSERT_TRUE(change.has_error());
    EXPECT_EQ(change.error().failure, Failure::invalid);
    ASSERT_EQ(change.error().fields.size(), 1U);
    EXPECT_EQ(change.error().fields[0].field, GetParam().field);
    EXPECT_EQ(change.error().fields[0].message.rfind(GetParam().message, 0), 0U)
        << change.error().fields[0].message;
}

INSTANTIATE_TEST_SUITE_P(ParseUser, BadUser, testing::ValuesIn(bad_users), name_of_row);

struct Odd {
    const char* name;
    std::string body;
};
void PrintTo(const Odd& row, std::ostream* out) {
    *out << row.name;
}

class OddUser : public testing::TestWithParam<Odd> {};

TEST_P(OddUser, IsTaken) {
    EXPECT_TRUE(parse(GetParam().body).has_value());
}

INSTANTIATE_TEST_SUITE_P(ParseUser, OddUser,
                         testing::Values(Odd{"IdOfDigits", with("id", "237691924173")},
                                         Odd{"IdOfTheLongest", with("id", times(128, "é"))},
                                         Odd{"IdWithSpaceAndPercent", with("id", "a b%2F?")},
                                         Odd{"LanguageOfThree", with("locale", "ewo")},
                                         Odd{"LocaleWithScript", with("locale", "zh-Hant-TW")},
                                         Odd{"NameInAnotherScript", with("name", "अदिति")},
                                         Odd{"ShortTimezone", with("timezone", "UTC")},
                                         Odd{"NullId", R"({"id":null})"}),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST(ParseDevice, TakesAToken) {
    const auto device =
        parse_device(Json::parse(R"({"fcm_token":"abc:def","platform":"android","app_version":"2.4"})"));

    ASSERT_TRUE(device.has_value());
    EXPECT_EQ(device->kind, TargetKind::token);
    EXPECT_EQ(device->token, "abc:def");
    EXPECT_EQ(device->platform, "android");
    EXPECT_EQ(device->app_version, "2.4");
}

TEST(ParseDevice, TakesAnInstallationIdAlone) {
    const auto device = parse_device(Json::parse(R"({"fid":"f1d","fcm_token":null})"));

    ASSERT_TRUE(device.has_value());
    EXPECT_EQ(device->kind, TargetKind::fid);
    EXPECT_EQ(device->token, "f1d");
    EXPECT_FALSE(device->platform);
    EXPECT_FALSE(device->app_version);
}

const std::vector<Row> bad_devices{
    {"NoObject", R"("token")", "", "must be an object"},
    {"NoTarget", R"({"platform":"ios"})", "fcm_token", "is required"},
    {"BothTargets", R"({"fcm_token":"a","fid":"b"})", "fid", "must not be given beside"},
    {"TokenEmpty", with("fcm_token", ""), "fcm_token", "must be a text of 1 to 2048"},
    {"TokenTooLong", with("fcm_token", times(2049, "t")), "fcm_token", "must be a text of 1 to 2048"},
    {"TokenWithSpace", with("fcm_token", "a b"), "fcm_token", "must be visible ASCII"},
    {"TokenBeyondAscii", with("fid", "é"), "fid", "must be visible ASCII"},
    {"TokenNumber", R"({"fcm_token":5})", "fcm_token", "must be a text"},
    {"PlatformUnknown", R"({"fid":"a","platform":"symbian"})", "platform",
     "must be one of android, ios, web"},
    {"VersionTooLong", "{\"fid\":\"a\",\"app_version\":\"" + times(65, "1") + "\"}", "app_version",
     "must be a text of 1 to 64"},
    {"Misspelt", R"({"fid":"a","plattform":"ios"})", "plattform", "unknown field"},
};

class BadDevice : public testing::TestWithParam<Row> {};

TEST_P(BadDevice, IsRefusedWithTheField) {
    const auto device = parse_device(Json::parse(GetParam().body));

    ASSERT_TRUE(device.has_error());
    EXPECT_EQ(device.error().failure, Failure::invalid);
    ASSERT_EQ(device.error().fields.size(), 1U);
    EXPECT_EQ(device.error().fields[0].field, GetParam().field);
    EXPECT_EQ(device.error().fields[0].message.rfind(GetParam().message, 0), 0U)
        << device.error().fields[0].message;
}

INSTANTIATE_TEST_SUITE_P(ParseDevice, BadDevice, testing::ValuesIn(bad_devices), name_of_row);

}  // namespace
}  // namespace carillon::business::users
