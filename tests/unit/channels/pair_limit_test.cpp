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
    static PairLimitSettings one_at_a_time(std::size_t remembered = 10) {
        PairLimitSettings settings;
        settings.burst = 1;
        settings.remembered = remembered;
        return settings;
    }
    Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();
};

TEST_F(PairLimitTest, LetsOneGoEverySixSeconds) {
    auto pairs = limit();

    for (int i = 0; i < 100; ++i, now += 6s) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;
}

TEST_F(PairLimitTest, LetsABurstOfFortyFiveBorrow) {
    auto pairs = limit();

    for (int i = 0; i < 45; ++i, now += 100ms) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;
    now += 500ms;
    EXPECT_EQ(pairs.wait_for_turn("a"), 265s);
}

TEST_F(PairLimitTest, WantsTheDebtPaidBackBeforeTheNext) {
    auto pairs = limit();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;

    now += 6s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 114s);
    now += 113s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 1s);
    now += 1s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    now += 1s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << "a new burst has begun";
}

TEST_F(PairLimitTest, WhatDidNotGoOutIsNotOwed) {
    auto pairs = limit(one_at_a_time());
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s);

    pairs.give_back("a");
    pairs.give_back("a");
    pairs.give_back("nobody");

    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s);
}

TEST_F(PairLimitTest, GivesTheWholeBurstAgainAfterItIsPaidBack) {
    auto pairs = limit();
    for (int i = 0; i < 45; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;

    now += 6s * 45;

    for (int i = 0; i < 45; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 0ms) << i;
    EXPECT_EQ(pairs.wait_for_turn("a"), 270s);
}

TEST_F(PairLimitTest, WaitingDoesNotTakeATurn) {
    auto pairs = limit();
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);

    now += 7s;
    for (int i = 0; i < 100; ++i) EXPECT_EQ(pairs.wait_for_turn("a"), 5s) << i;
    now += 5s;
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
}

TEST_F(PairLimitTest, KeepsPeopleApart) {
    auto pairs = limit(one_at_a_time());

    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("b"), 0ms);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s);
}

TEST_F(PairLimitTest, RemembersNoMoreThanItMay) {
    auto pairs = limit(one_at_a_time(3));
    for (const auto* person : {"a", "b", "c", "d", "e"}) EXPECT_EQ(pairs.wait_for_turn(person), 0ms);
    EXPECT_EQ(pairs.remembered(), 3U);
    EXPECT_EQ(pairs.wait_for_turn("a"), 6s) << "those who are remembered still are";

    now += 7s;

    EXPECT_EQ(pairs.wait_for_turn("f"), 0ms);
    EXPECT_EQ(pairs.remembered(), 1U) << "those who owe nothing are forgotten for a newcomer";
}

TEST_F(PairLimitTest, ForgetsNobodyWhoOwes) {
    auto pairs = limit(one_at_a_time(2));
    EXPECT_EQ(pairs.wait_for_turn("a"), 0ms);
    now += 4s;
    EXPECT_EQ(pairs.wait_for_turn("b"), 0ms);
    now += 2s;

    EXPECT_EQ(pairs.wait_for_turn("c"), 0ms);
    EXPECT_EQ(pairs.remembered(), 2U);
    EXPECT_EQ(pairs.wait_for_turn("b"), 4s);
}

}  // namespace
}  // namespace carillon::channels
