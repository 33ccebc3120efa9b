#include "outbound/generations.hpp"

#include <gtest/gtest.h>

namespace carillon::test {
namespace {

using outbound::Generations;

// How many calls begin until one goes ahead.
int calls_until_one_goes_ahead(Generations& generations, std::size_t active) {
    for (int calls = 0; calls < 10'000; ++calls) {
        if (generations.next(active, 100).ahead) return calls;
    }
    return -1;
}

TEST(OutboundGenerations, OneGoesAheadBeforeAServerLosesItsPatience) {
    Generations generations;
    EXPECT_EQ(calls_until_one_goes_ahead(generations, 1), 700);
}

TEST(OutboundGenerations, ConnectionsThatShareTheCallsLastLonger) {
    Generations generations;
    EXPECT_EQ(calls_until_one_goes_ahead(generations, 400), 2'800);
}

TEST(OutboundGenerations, TheOthersFollowWhenItWasAnswered) {
    Generations generations;
    ASSERT_EQ(calls_until_one_goes_ahead(generations, 1), 700);

    const auto meanwhile = generations.next(2, 100);
    EXPECT_EQ(meanwhile.generation, 0);
    EXPECT_FALSE(meanwhile.ahead);

    generations.went_ahead(true);
    EXPECT_EQ(generations.next(1, 100).generation, 1);
    EXPECT_EQ(calls_until_one_goes_ahead(generations, 1), 698);  // the one ahead, the one above
}

TEST(OutboundGenerations, AnotherGoesAheadWhenItWasNot) {
    Generations generations;
    ASSERT_EQ(calls_until_one_goes_ahead(generations, 1), 700);

    generations.went_ahead(false);

    const auto second = generations.next(1, 100);
    EXPECT_TRUE(second.ahead);
    EXPECT_EQ(second.generation, 1);
}

}  // namespace
}  // namespace carillon::test
