#include <carillon/time.hpp>

#include <gmock/gmock.h>

using namespace std::chrono_literals;

namespace carillon {
namespace {

TEST(ParseRfc3339, BringsEveryFormToUtc) {
    struct Row {
        std::string_view given;
        std::string_view utc;
    };
    for (const auto& [given, utc] : {
             Row{"2026-11-21T07:30:00Z", "2026-11-21T07:30:00Z"},
             Row{"2026-11-21t07:30:00z", "2026-11-21T07:30:00Z"},
             Row{"2026-11-21T07:30:00+05:30", "2026-11-21T02:00:00Z"},
             Row{"2026-11-21T23:30:00-01:00", "2026-11-22T00:30:00Z"},
             Row{"2026-11-21T07:30:00-00:00", "2026-11-21T07:30:00Z"},
             Row{"2026-11-21T07:30:00.1Z", "2026-11-21T07:30:00.100Z"},
             Row{"2026-11-21T07:30:00.123Z", "2026-11-21T07:30:00.123Z"},
             Row{"2026-11-21T07:30:00.000001Z", "2026-11-21T07:30:00.000001Z"},
             Row{"2026-11-21T07:30:00.123456789Z", "2026-11-21T07:30:00.123456Z"},
             Row{"2026-11-21T07:30:00.000000000Z", "2026-11-21T07:30:00Z"},
             Row{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
             Row{"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
             Row{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
             Row{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
             Row{"9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
         }) {
        const auto time = parse_rfc3339(given);
        ASSERT_TRUE(time.has_value()) << given;
        EXPECT_EQ(to_rfc3339(*time), utc);
    }
}

TEST(ParseRfc3339, CountsFromTheUnixEpoch) {
    EXPECT_EQ(parse_rfc3339("1970-01-01T00:00:00Z").value().time_since_epoch(), 0us);
    EXPECT_EQ(parse_rfc3339("2026-11-21T07:30:00.5Z").value().time_since_epoch(), 1795246200500000us);
    EXPECT_EQ(parse_rfc3339("1969-12-31T23:59:59Z").value().time_since_epoch(), -1s);
}

TEST(ParseRfc3339, RefusesAndSaysWhy) {
    struct Row {
        const char* name;
        std::string_view text;
        const char* why;
    };
    for (const auto& [name, text, why] : {
             Row{"empty", "", "YYYY-MM-DD"},
             Row{"a word", "tomorrow", "YYYY-MM-DD"},
             Row{"date only", "2026-11-21", "a T must stand"},
             Row{"a space for the T", "2026-11-21 07:30:00Z", "a T must stand"},
             Row{"no offset", "2026-11-21T07:30:00", "offset"},
             Row{"offset without colon", "2026-11-21T07:30:00+0530", "offset"},
             Row{"offset of hours", "2026-11-21T07:30:00+05", "offset"},
             Row{"offset of 24 hours", "2026-11-21T07:30:00+24:00", "offset"},
             Row{"offset of 60 minutes", "2026-11-21T07:30:00+00:60", "offset"},
             Row{"the thirtieth of February", "2026-02-30T00:00:00Z", "no such day"},
             Row{"a leap day in a common year", "2026-02-29T00:00:00Z", "no such day"},
             Row{"a leap day in 1900", "1900-02-29T00:00:00Z", "no such day"},
             Row{"month 0", "2026-00-10T00:00:00Z", "no such day"},
             Row{"month 13", "2026-13-10T00:00:00Z", "no such day"},
             Row{"day 0", "2026-11-00T00:00:00Z", "no such day"},
             Row{"year 0", "0000-01-01T00:00:00Z", "no such day"},
             Row{"carried before year 1", "0001-01-01T00:00:00+01:00", "no such day"},
             Row{"carried beyond 9999", "9999-12-31T23:59:59-00:01", "no such day"},
             Row{"five digits of year", "12026-11-21T07:30:00Z", "YYYY-MM-DD"},
             Row{"a negative year", "-026-11-21T07:30:00Z", "YYYY-MM-DD"},
             Row{"one digit of day", "2026-11-1T07:30:00Z", "YYYY-MM-DD"},
             Row{"hour 24", "2026-11-21T24:00:00Z", "time of day"},
             Row{"minute 60", "2026-11-21T07:60:00Z", "time of day"},
             Row{"second 61", "2026-11-21T07:30:61Z", "time of day"},
             Row{"no seconds", "2026-11-21T07:30Z", "HH:MM:SS"},
             Row{"a leap second", "2016-12-31T23:59:60Z", "leap seconds"},
             Row{"an empty fraction", "2026-11-21T07:30:00.Z", "1 to 9 digits"},
             Row{"ten digits of fraction", "2026-11-21T07:30:00.1234567890Z", "1 to 9 digits"},
             Row{"a comma", "2026-11-21T07:30:00,5Z", "offset"},
             Row{"something behind", "2026-11-21T07:30:00Z ", "after the offset"},
             Row{"something before", " 2026-11-21T07:30:00Z", "YYYY-MM-DD"},
         }) {
        const auto time = parse_rfc3339(text);
        ASSERT_FALSE(time.has_value()) << name;
        EXPECT_EQ(time.error().failure, Failure::invalid) << name;
        EXPECT_THAT(time.error().detail, testing::HasSubstr(why)) << name;
    }
}

TEST(ParseDuration, TakesSecondsMinutesHoursAndDays) {
    EXPECT_EQ(parse_duration("0s").value(), 0s);
    EXPECT_EQ(parse_duration("30s").value(), 30s);
    EXPECT_EQ(parse_duration("15m").value(), 15min);
    EXPECT_EQ(parse_duration("1h").value(), 1h);
    EXPECT_EQ(parse_duration("7d").value(), 7 * 24h);
    EXPECT_EQ(parse_duration("36500d").value(), 36500 * 24h);
}

TEST(ParseDuration, RefusesWhatLeavesADoubt) {
    struct Row {
        const char* name;
        std::string_view text;
    };
    for (const auto& [name, text] :
         {Row{"empty", ""}, Row{"no unit", "90"}, Row{"no number", "s"}, Row{"unknown unit", "3w"},
          Row{"capital unit", "3D"}, Row{"two units", "1h30m"}, Row{"a word for a unit", "3min"},
          Row{"a fraction", "1.5h"}, Row{"negative", "-3s"}, Row{"negative zero", "-0s"},
          Row{"a plus", "+3s"}, Row{"a space", "3 s"}, Row{"beyond a century", "36501d"},
          Row{"overflow by the unit", "106751991167301d"},
          Row{"overflow by the number", "9223372036854775808s"}}) {
        const auto duration = parse_duration(text);
        ASSERT_FALSE(duration.has_value()) << name;
        EXPECT_EQ(duration.error().failure, Failure::invalid) << name;
    }
}

TEST(SystemNow, IsTheTimeOfTheSystem) {
    const Time before = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    EXPECT_GE(system_now(), before);
}

}  // namespace
}  // namespace carillon
