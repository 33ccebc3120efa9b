#include "channels/removal_guard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;

class RemovalGuardTest : public testing::Test {
protected:
    // How many of so many new targets that are said to be gone are believed to be.
    int believed(int count) {
        int yes = 0;
        for (int i = 0; i < count; ++i)
            yes += guard.believes_gone("target-" + std::to_string(next++)) ? 1 : 0;
        return yes;
    }

    Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();
    RemovalGuard guard{[this] { return now; }};
    int next = 0;
};

TEST_F(RemovalGuardTest, DoubtsWhenMostAreGoneAndNoneIsWell) {
    EXPECT_EQ(believed(25), 25);
    EXPECT_EQ(believed(30), 0);
}

TEST_F(RemovalGuardTest, BelievesWhileOthersAreWell) {
    guard.accepted(1, "well");

    EXPECT_EQ(believed(49), 49);
    EXPECT_EQ(believed(1), 0) << "the one that was well is no longer among the last 50";
}

TEST_F(RemovalGuardTest, CountsATargetOnce) {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(guard.believes_gone("the same"));
}

TEST_F(RemovalGuardTest, CountsThoseThatAreGoneHoweverLongItTook) {
    for (int i = 0; i < 25; ++i) {
        EXPECT_EQ(believed(1), 1) << i;
        now += 1h;
    }
    EXPECT_EQ(believed(5), 0);
}

TEST_F(RemovalGuardTest, TrustsGoodNewsForAMinute) {
    guard.accepted(1, "well");
    now += 60s;
    EXPECT_EQ(believed(30), 30);
    now += 1s;
    EXPECT_EQ(believed(1), 0);
}

TEST_F(RemovalGuardTest, BelievesFewAmongManyThatWereWellLongAgo) {
    for (int i = 0; i < 25; ++i) guard.accepted(1, "well-" + std::to_string(i));
    now += 1h;
    EXPECT_EQ(believed(25), 25);
    EXPECT_EQ(believed(1), 0) << "more than half of the last 50";
}

TEST_F(RemovalGuardTest, StaysDoubtfulUntilOneIsReached) {
    believed(30);
    now += 10min;
    EXPECT_EQ(believed(3), 0);

    guard.accepted(1, "well");

    EXPECT_EQ(believed(3), 3);
}

TEST_F(RemovalGuardTest, TakesAShapeForProvenOnceSomebodyElseGotIt) {
    EXPECT_FALSE(guard.shape_is_proven(1, "a"));
    guard.accepted(1, "a");

    EXPECT_FALSE(guard.shape_is_proven(1, "a"));
    EXPECT_TRUE(guard.shape_is_proven(1, "b"));
    EXPECT_FALSE(guard.shape_is_proven(2, "b"));

    guard.accepted(1, "b");
    EXPECT_TRUE(guard.shape_is_proven(1, "a"));
}

TEST_F(RemovalGuardTest, KeepsABoundedNumberOfShapes) {
    for (std::size_t shape = 0; shape < 1'000; ++shape) guard.accepted(shape, "a");

    EXPECT_FALSE(guard.shape_is_proven(0, "b"));
    EXPECT_TRUE(guard.shape_is_proven(999, "b"));
}

}  // namespace
}  // namespace carillon::channels
