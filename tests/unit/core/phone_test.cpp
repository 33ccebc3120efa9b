#include <carillon/phone.hpp>

#include <gtest/gtest.h>

using namespace std::string_literals;

namespace carillon {
namespace {

TEST(ParsePhone, BringsEveryWritingToE164) {
    for (const auto* text :
         {"+237691924173", "237691924173", "00237691924173", "+237 691-924-173", "(+237) 691.924.173",
          "+237\xC2\xA0"
          "691\xC2\xA0"
          "924 173",
          " 00 237 (691) 924-173 "}) {
        const auto phone = parse_phone(text);
        ASSERT_TRUE(phone.has_value()) << text;
        EXPECT_EQ(phone->e164(), "+237691924173") << text;
        EXPECT_EQ(phone->digits(), "237691924173") << text;
    }
}

TEST(ParsePhone, TakesEightToFifteenDigits) {
    EXPECT_EQ(parse_phone("12345678").value().e164(), "+12345678");
    EXPECT_EQ(parse_phone("123456789012345").value().e164(), "+123456789012345");
    EXPECT_EQ(parse_phone("00123456789012345").value().e164(), "+123456789012345");
}

struct Refused {
    const char* name;
    std::string text;
};
const std::vector<Refused> refused{
    {"empty", ""},
    {"an id", "15"},
    {"a name", "alice"},
    {"seven digits", "1234567"},
    {"sixteen digits", "1234567890123456"},
    {"sixteen digits after 00", "001234567890123456"},
    {"a national number", "0691924173"},
    {"a zero after the plus", "+0237691924173"},
    {"both prefixes", "+00237691924173"},
    {"a zero after 00", "000237691924173"},
    {"two pluses", "++237691924173"},
    {"a plus inside", "237+691924173"},
    {"a plus behind", "237691924173+"},
    {"separators only", " -.() "},
    {"a plus only", "+"},
    {"Arabic-Indic digits", "\u0662\u0663\u0667\u0666\u0669\u0661\u0669\u0662\u0664\u0661\u0667\u0663"},
    {"full-width digits", "+\uff12\uff13\uff17\uff16\uff19\uff11\uff19\uff12"},
    {"a letter inside", "+237 691 924 I73"},
    {"an extension", "+237691924173x5"},
    {"a slash", "237/691924173"},
    {"a tab", "237\t691924173"},
    {"a NUL inside",
     "+2376919\0"
     "24173"s},
    {"half a no-break space",
     "+237\xC2"
     "691924173"},
};

TEST(ParsePhone, RefusesWhatIsNoNumber) {
    for (const auto& [name, text] : refused) {
        const auto phone = parse_phone(text);
        ASSERT_FALSE(phone.has_value()) << name;
        EXPECT_EQ(phone.error().failure, Failure::invalid) << name;
    }
}

TEST(AsPhone, IsTheNumberOrNothing) {
    EXPECT_EQ(as_phone("237 691-924-173").value().e164(), "+237691924173");
    EXPECT_EQ(as_phone("00237691924173").value().e164(), "+237691924173");
    for (const auto& [name, text] : refused) EXPECT_FALSE(as_phone(text).has_value()) << name;
}

TEST(Masked, HidesTheMiddleAndAtLeastFourDigits) {
    EXPECT_EQ(parse_phone("+237691924173").value().masked(), "+2376*****173");
    EXPECT_EQ(parse_phone("12345678").value().masked(), "+1****678");
    EXPECT_EQ(parse_phone("12345678901").value().masked(), "+1234****901");
    EXPECT_EQ(parse_phone("123456789012345").value().masked(), "+1234********345");
}

}  // namespace
}  // namespace carillon
