#include "notify/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;

const Pace::Instant start{1'000s};
const std::string ann = "+919876543210";
const std::string ben = "+919876543211";

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

TEST(PairLimit, LetsOneGoEverySixSeconds) {
    PairLimit limit{{}};

    for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.take(ann, start + i * 6s), 0s);
}

TEST(PairLimit, LetsABurstOfFortyFiveBorrow) {
    PairLimit limit{{}};

    for (int i = 0; i < 45; ++i) EXPECT_EQ(limit.take(ann, start + i * 100ms), 0s);
    EXPECT_EQ(limit.take(ann, start + 5s), 265s);
}

TEST(PairLimit, WantsTheDebtPaidBackBeforeTheNext) {
    PairLimit limit{{}};
    for (int i = 0; i < 20; ++i) EXPECT_EQ(limit.take(ann, start), 0s);

    EXPECT_EQ(limit.take(ann, start + 6s), 114s);
    EXPECT_EQ(limit.take(ann, start + 119s), 1s);
    EXPECT_EQ(limit.take(ann, start + 120s), 0s);
    EXPECT_EQ(limit.take(ann, start + 121s), 0s) << "a new burst has begun";
}

TEST(PairLimit, TakesNoTurnFromWhoMustWait) {
    PairLimit limit{{}};
    EXPECT_EQ(limit.take(ann, start), 0s);
    EXPECT_EQ(limit.take(ann, start), 0s);

    for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.take(ann, start + 7s), 5s);
    EXPECT_EQ(limit.take(ann, start + 12s), 0s);
}

TEST(PairLimit, CountsEachRecipientAlone) {
    PairLimit limit{{.burst = 1}};

    EXPECT_EQ(limit.take(ann, start), 0s);
    EXPECT_EQ(limit.take(ann, start), 6s);
    EXPECT_EQ(limit.take(ben, start), 0s);
}

TEST(PairLimit, ForgetsWhoOwesNothing) {
    PairLimit limit{{}};
    std::size_t most = 0;
    // A hundred people a second for ten minutes: each owes for six seconds.
    for (int i = 0; i < 60'000; ++i) {
        EXPECT_EQ(limit.take(std::to_string(i), start + i * 10ms), 0s);
        most = std::max(most, limit.size());
    }
    EXPECT_LE(most, 1'300u);
}

TEST(PairLimit, ForgetsNobodyWhoOwes) {
    PairLimit limit{{.burst = 1}};
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(limit.take(std::to_string(i), start), 0s);

    EXPECT_EQ(limit.size(), 10'000u);
    for (int i = 0; i < 10'000; ++i) EXPECT_EQ(limit.take(std::to_string(i), start + 1s), 5s);
}

}  // namespace
}  // namespace carillon::notify
