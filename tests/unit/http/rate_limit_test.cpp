#include "http/rate_limit.hpp"

#include <gtest/gtest.h>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;

const RateLimiter::Instant start{1'000s};

TEST(RateLimiter, AllowsABurstAndThenRefuses) {
    RateLimiter limiter{{.per_second = 2, .burst = 4}};

    for (const int remaining : {3, 2, 1, 0}) {
        const auto verdict = limiter.take("a", start);
        EXPECT_TRUE(verdict.allowed);
        EXPECT_EQ(verdict.remaining, remaining);
    }
    const auto verdict = limiter.take("a", start);
    EXPECT_FALSE(verdict.allowed);
    EXPECT_EQ(verdict.remaining, 0);
    EXPECT_EQ(verdict.retry_after_seconds, 1);
    EXPECT_EQ(verdict.seconds_until_full, 2);
}

TEST(RateLimiter, FillsAgainAtItsRateUpToTheBurst) {
    RateLimiter limiter{{.per_second = 2, .burst = 4}};
    for (int i = 0; i < 4; ++i) (void)limiter.take("a", start);

    EXPECT_FALSE(limiter.take("a", start + 499ms).allowed);
    EXPECT_TRUE(limiter.take("a", start + 501ms).allowed);
    EXPECT_FALSE(limiter.take("a", start + 502ms).allowed);
    EXPECT_EQ(limiter.take("a", start + 1h).remaining, 3);
}

TEST(RateLimiter, DoesNotChargeForARefusal) {
    RateLimiter limiter{{.per_second = 1, .burst = 1}};
    (void)limiter.take("a", start);

    for (int i = 1; i < 10; ++i) EXPECT_FALSE(limiter.take("a", start + i * 100ms).allowed);
    EXPECT_TRUE(limiter.take("a", start + 1'001ms).allowed);
}

TEST(RateLimiter, SaysWhenToComeBack) {
    RateLimiter limiter{{.per_second = 0.1, .burst = 1}};
    (void)limiter.take("a", start);

    EXPECT_EQ(limiter.take("a", start).retry_after_seconds, 10);
    EXPECT_EQ(limiter.take("a", start + 5'500ms).retry_after_seconds, 5);
    EXPECT_EQ(limiter.take("a", start + 9'999ms).retry_after_seconds, 1);
    EXPECT_TRUE(limiter.take("a", start + 10'001ms).allowed);
}

TEST(RateLimiter, CountsEachCallerAlone) {
    RateLimiter limiter{{.per_second = 1, .burst = 1}};

    EXPECT_TRUE(limiter.take("a", start).allowed);
    EXPECT_TRUE(limiter.take("b", start).allowed);
    EXPECT_FALSE(limiter.take("a", start).allowed);
    EXPECT_FALSE(limiter.take("b", start).allowed);
}

TEST(RateLimiter, ForgetsTheOneNotSeenForLongest) {
    RateLimiter limiter{{.per_second = 0.001, .burst = 1, .callers = 2}};
    (void)limiter.take("a", start);
    (void)limiter.take("b", start);
    (void)limiter.take("a", start);
    (void)limiter.take("c", start);

    EXPECT_FALSE(limiter.take("a", start).allowed);
    EXPECT_FALSE(limiter.take("c", start).allowed);
    EXPECT_TRUE(limiter.take("b", start).allowed);
}

TEST(RateLimiter, StaysBoundedUnderAFloodOfNames) {
    RateLimiter limiter{{.per_second = 1, .burst = 1, .callers = 100}};

    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(limiter.take("caller " + std::to_string(i), start).allowed);
    EXPECT_FALSE(limiter.take("caller 9999", start).allowed);
}

TEST(RateLimiter, OfZeroLimitsNothing) {
    RateLimiter limiter{{.per_second = 0, .burst = 1}};

    EXPECT_TRUE(limiter.unlimited());
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.take("a", start).allowed);
}

}  // namespace
}  // namespace carillon::http
