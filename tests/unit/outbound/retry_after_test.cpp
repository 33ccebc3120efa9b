#include "outbound/retry_after.hpp"

#include <gtest/gtest.h>

namespace carillon::test {
namespace {

using outbound::parse_retry_after;
using namespace std::chrono_literals;

constexpr Time now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 12h;

TEST(RetryAfter, ReadsSecondsUpToADay) {
    EXPECT_EQ(parse_retry_after("0", "", now), 0s);
    EXPECT_EQ(parse_retry_after("120", "", now), 120s);
    EXPECT_EQ(parse_retry_after("86401", "", now), 86'400s);
    EXPECT_EQ(parse_retry_after("99999999999999999999999999", "", now), 86'400s);
}

TEST(RetryAfter, ReadsEveryFormOfADate) {
    EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 12:01:30 GMT", "", now), 90s);
    EXPECT_EQ(parse_retry_after("Saturday, 21-Nov-26 12:01:30 GMT", "", now), 90s);
    EXPECT_EQ(parse_retry_after("Sat Nov 21 12:01:30 2026", "", now), 90s);
}

TEST(RetryAfter, HoldsADateAgainstTheClockOfTheOtherSide) {
    EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 15:00:10 GMT", "Sat, 21 Nov 2026 15:00:00 GMT", now), 10s);
    EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 12:00:10 GMT", "no date", now), 10s);
}

TEST(RetryAfter, KeepsADateWithinItsLimits) {
    EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 12:00:00 GMT", "", now), 0s);
    EXPECT_EQ(parse_retry_after("Mon, 21 Nov 2050 12:00:00 GMT", "", now), 86'400s);
}

TEST(RetryAfter, IgnoresWhatIsNeither) {
    for (const auto* text : {"", "-5", "1.5", "soon", "12:30", "1 minute", "Sat"})
        EXPECT_EQ(parse_retry_after(text, "", now), std::nullopt) << text;
}

}  // namespace
}  // namespace carillon::test
