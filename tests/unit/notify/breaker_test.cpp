#include "notify/breaker.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;
using State = Breaker::State;

const Breaker::Instant start{1'000s};

double in_the_middle() {
    return 0.5;
}

Breaker a_breaker() {
    return Breaker{{}, in_the_middle};
}

void fail(Breaker& breaker, int times, Breaker::Instant when) {
    for (int i = 0; i < times; ++i) breaker.failed(when);
}

Breaker an_open_breaker() {
    auto breaker = a_breaker();
    fail(breaker, 5, start);
    return breaker;
}

TEST(Breaker, LetsEverythingThroughWhileClosed) {
    auto breaker = a_breaker();

    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_TRUE(breaker.allow(start));
    EXPECT_TRUE(breaker.allow(start));
    EXPECT_LE(breaker.reopens(), start);
}

TEST(Breaker, OpensAfterFiveFailuresInARow) {
    auto breaker = a_breaker();
    fail(breaker, 4, start);
    EXPECT_TRUE(breaker.allow(start));

    breaker.failed(start);

    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_FALSE(breaker.allow(start));
    EXPECT_EQ(breaker.reopens(), start + 10s);
}

TEST(Breaker, StaysClosedWhenASuccessBreaksTheRow) {
    auto breaker = a_breaker();
    for (int i = 0; i < 3; ++i) {
        fail(breaker, 4, start);
        for (int success = 0; success < 8; ++success) breaker.succeeded(start);
    }
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST(Breaker, OpensWhenHalfOfTwentyFail) {
    auto breaker = a_breaker();
    for (int i = 0; i < 9; ++i) {
        breaker.succeeded(start);
        breaker.failed(start);
    }
    breaker.succeeded(start);
    EXPECT_EQ(breaker.state(), State::closed) << "ten of nineteen is too few to judge by";

    breaker.failed(start);

    EXPECT_EQ(breaker.state(), State::open);
}

TEST(Breaker, StaysClosedWhenLessThanHalfFail) {
    auto breaker = a_breaker();
    for (int i = 0; i < 100; ++i) {
        breaker.succeeded(start);
        breaker.succeeded(start);
        breaker.failed(start);
    }
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST(Breaker, ForgetsWhatIsOlderThanTheWindow) {
    auto breaker = a_breaker();
    for (int i = 0; i < 9; ++i) {
        breaker.succeeded(start);
        breaker.failed(start);
    }
    const auto later = start + 61s;
    breaker.succeeded(later);
    breaker.failed(later);

    EXPECT_EQ(breaker.state(), State::closed);
}

TEST(Breaker, CountsOverTheWholeWindow) {
    auto breaker = a_breaker();
    for (int i = 0; i < 10; ++i) {
        breaker.succeeded(start + i * 5s);
        breaker.failed(start + i * 5s);
    }
    EXPECT_EQ(breaker.state(), State::open);
}

TEST(Breaker, LetsOneProbeThroughWhenTheRestIsOver) {
    auto breaker = an_open_breaker();

    EXPECT_FALSE(breaker.allow(start + 9'999ms));
    EXPECT_EQ(breaker.state(), State::open);
    EXPECT_TRUE(breaker.allow(start + 10s));
    EXPECT_EQ(breaker.state(), State::half_open);
    EXPECT_FALSE(breaker.allow(start + 10s));
}

TEST(Breaker, ClosesWhenTheProbeSucceeds) {
    auto breaker = an_open_breaker();
    ASSERT_TRUE(breaker.allow(start + 10s));
    breaker.succeeded(start + 11s);

    EXPECT_EQ(breaker.state(), State::closed);
    EXPECT_TRUE(breaker.allow(start + 11s));
    EXPECT_TRUE(breaker.allow(start + 11s));
    fail(breaker, 4, start + 12s);
    EXPECT_EQ(breaker.state(), State::closed) << "the past does not count any more";
}

TEST(Breaker, RestsTwiceAsLongEachTimeTheProbeFailsUpToFiveMinutes) {
    auto breaker = an_open_breaker();
    std::vector<std::chrono::seconds> rests;
    for (int i = 0; i < 7; ++i) {
        const auto now = breaker.reopens();
        ASSERT_TRUE(breaker.allow(now));
        breaker.failed(now);
        rests.push_back(std::chrono::duration_cast<std::chrono::seconds>(breaker.reopens() - now));
    }
    EXPECT_EQ(rests, (std::vector<std::chrono::seconds>{20s, 40s, 80s, 160s, 300s, 300s, 300s}));
}

TEST(Breaker, BeginsWithAShortRestAfterARecovery) {
    auto breaker = an_open_breaker();
    ASSERT_TRUE(breaker.allow(start + 10s));
    breaker.failed(start + 10s);
    ASSERT_TRUE(breaker.allow(start + 30s));
    breaker.succeeded(start + 30s);

    fail(breaker, 5, start + 40s);

    EXPECT_EQ(breaker.reopens(), start + 50s);
}

TEST(Breaker, SpreadsItsRestsByChance) {
    double chance = 0;
    Breaker early{{}, [&chance] { return chance; }};
    fail(early, 5, start);
    EXPECT_EQ(early.reopens(), start + 8s);

    chance = 1;
    Breaker late{{}, [&chance] { return chance; }};
    fail(late, 5, start);
    EXPECT_EQ(late.reopens(), start + 12s);
}

TEST(Breaker, IsNotWedgedByAProbeThatNeverComesBack) {
    auto breaker = an_open_breaker();
    ASSERT_TRUE(breaker.allow(start + 10s));

    EXPECT_EQ(breaker.reopens(), start + 40s);
    EXPECT_FALSE(breaker.allow(start + 39s));
    EXPECT_TRUE(breaker.allow(start + 40s));
    EXPECT_FALSE(breaker.allow(start + 40s));
    breaker.succeeded(start + 41s);
    EXPECT_EQ(breaker.state(), State::closed);
}

TEST(Breaker, IgnoresCallsThatWereOutWhenItOpened) {
    auto breaker = an_open_breaker();
    breaker.succeeded(start + 1s);
    EXPECT_EQ(breaker.state(), State::open);
    fail(breaker, 20, start + 2s);
    EXPECT_EQ(breaker.reopens(), start + 10s);
}

TEST(Breaker, NamesItsStates) {
    EXPECT_EQ(name_of(State::closed), "closed");
    EXPECT_EQ(name_of(State::open), "open");
    EXPECT_EQ(name_of(State::half_open), "half_open");
}

}  // namespace
}  // namespace carillon::notify
