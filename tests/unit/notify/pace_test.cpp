#include "notify/pace.hpp"

#include <gtest/gtest.h>

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;

const Pace::Instant start{1'000s};

TEST(Pace, LetsABurstGoAndThenOneAtATime) {
    Pace pace{{.per_second = 10, .burst = 3}};

    for (int i = 0; i < 3; ++i) EXPECT_EQ(pace.take(start), 0s);
    EXPECT_EQ(pace.take(start), 100ms);
    EXPECT_EQ(pace.take(start + 40ms), 60ms);
    EXPECT_EQ(pace.take(start + 100ms), 0s);
    EXPECT_EQ(pace.take(start + 100ms), 100ms);
}

TEST(Pace, TakesNoTurnFromWhoMustWait) {
    Pace pace{{.per_second = 1, .burst = 1}};
    EXPECT_EQ(pace.take(start), 0s);

    for (int i = 0; i < 100; ++i) EXPECT_EQ(pace.take(start), 1s);
    EXPECT_EQ(pace.take(start + 1s), 0s);
}

TEST(Pace, SavesUpNoMoreThanTheBurst) {
    Pace pace{{.per_second = 10, .burst = 3}};
    EXPECT_EQ(pace.take(start), 0s);

    const auto later = start + 1h;
    for (int i = 0; i < 3; ++i) EXPECT_EQ(pace.take(later), 0s);
    EXPECT_EQ(pace.take(later), 100ms);
}

TEST(Pace, KeepsToItsRateInTheLongRun) {
    Pace pace{{.per_second = 80, .burst = 20}};
    int sent = 0;
    for (auto now = start; now < start + 10s; now += 1ms) sent += pace.take(now) == 0s ? 1 : 0;

    EXPECT_NEAR(sent, 10 * 80 + 20, 1);
}

TEST(Pace, OfZeroLimitsNothing) {
    Pace pace{{.per_second = 0, .burst = 1}};

    for (int i = 0; i < 1'000; ++i) EXPECT_EQ(pace.take(start), 0s);
}

TEST(Pace, LetsOneGoWhateverTheBurst) {
    Pace pace{{.per_second = 2, .burst = 0}};

    EXPECT_EQ(pace.take(start), 0s);
    EXPECT_EQ(pace.take(start), 500ms);
}

}  // namespace
}  // namespace carillon::notify
