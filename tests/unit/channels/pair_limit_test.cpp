#include "channels/pair_limit.hpp"

#include <gtest/gtest.h>

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;

class PairLimitTest : public testing::Test {
protected:
    PairLimit limit(PairLimitSettings settings = {}) {
        return PairLimit{settings, [this] { return now; }};
    }
    Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();
};

TEST_F(PairLimitTest, LendsABurstAndThenOneEverySixSeconds) {
    auto pairs = limit();

    for (int i = 0; i < 45; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s);
    now += 5s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 1s);
    now += 1s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s);
}

TEST_F(PairLimitTest, GivesTheWholeBurstAgainAfterItIsPaidBack) {
    auto pairs = limit();
    for (int i = 0; i < 45; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);

    now += 6s * 45;

    for (int i = 0; i < 45; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;
    EXPECT_GT(pairs.wait_for_turn("a"), 0ms);
}

TEST_F(PairLimitTest, WaitingDoesNotTakeATurn) {
    auto pairs = limit({.interval = 6s, .burst = 1, .remembered = 10});
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);

    for (int i = 0; i < 10; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 6s);

    now += 6s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
}

TEST_F(PairLimitTest, KeepsPeopleApart) {
    auto pairs = limit({.interval = 6s, .burst = 1, .remembered = 10});

    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("b"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s);
}

TEST_F(PairLimitTest, RemembersNoMoreThanItMay) {
    auto pairs = limit({.interval = 6s, .burst = 1, .remembered = 3});
    for (const auto* person : {"a", "b", "c", "d", "e"}) EXPECT_EQ(pairs.wait_for_turn(person), 0ms);
    EXPECT_EQ(pairs.remembered(), 3U);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s) << "those who are remembered still are";

    now += 7s;

    EXPECT_EQ(pairs.wait_for_turn("f"), 0ms);
    EXPECT_EQ(pairs.remembered(), 1U) << "those who have rested are forgotten for a newcomer";
}

}  // namespace
}  // namespace carillon::channels
