// One channel's way out.
#include "notify/lane.hpp"

#include <gmock/gmock.h>

#include <string>

#include "support/unit_plan.hpp"

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;

class LaneTest : public testing::Test {
protected:
    static Delivery a_delivery(const std::string& id, const std::string& user = "asha") {
        Delivery delivery;
        delivery.message.id = DeliveryId{id};
        delivery.message.user = UserId{user};
        delivery.message.type = "new_lead";
        delivery.channel = "push";
        return delivery;
    }
    static Outcome outcome(Verdict verdict) {
        Outcome made;
        made.verdict = std::move(verdict);
        return made;
    }
    void fail_until_it_opens() {
        for (int i = 0; i < 5; ++i) {
            lane.push(a_delivery("f" + std::to_string(i)));
            ASSERT_TRUE(lane.next(now).delivery);
            lane.ended(outcome(Retry{}), now);
        }
    }

    Lane::Instant now{1h};
    QuietChannel channel{{"push", Channel::Address::device}};
    Lane lane{channel, 3, [] { return 0.5; }};
};

TEST_F(LaneTest, LetsAsManyGoAsTheChannelStands) {
    for (const char* id : {"a", "b", "c"}) lane.push(a_delivery(id));

    EXPECT_TRUE(lane.next(now).delivery);
    EXPECT_TRUE(lane.next(now).delivery);
    const auto third = lane.next(now);
    EXPECT_FALSE(third.delivery);
    EXPECT_FALSE(third.wait) << "it is not a matter of time";

    lane.ended(outcome(Accepted{}), now);
    EXPECT_TRUE(lane.next(now).delivery);
}

TEST_F(LaneTest, HasRoomForWhatItsCapacityLeaves) {
    EXPECT_EQ(lane.room(now), 3U);
    lane.push(a_delivery("a"));
    EXPECT_EQ(lane.room(now), 2U);
    EXPECT_TRUE(lane.next(now).delivery);
    EXPECT_EQ(lane.room(now), 2U) << "what is in flight counts";
    lane.ended(outcome(Accepted{}), now);
    EXPECT_EQ(lane.room(now), 3U);
}

TEST_F(LaneTest, LeavesAProviderAloneThatKeepsFailing) {
    fail_until_it_opens();
    lane.push(a_delivery("next"));

    const auto turn = lane.next(now);

    EXPECT_FALSE(turn.delivery);
    ASSERT_TRUE(turn.wait);
    EXPECT_GT(*turn.wait, 5s);
    EXPECT_EQ(lane.room(now), 0U);
    EXPECT_FALSE(lane.open(now));
}

TEST_F(LaneTest, AsksWithOneWhetherItIsBack) {
    fail_until_it_opens();
    for (const char* id : {"a", "b"}) lane.push(a_delivery(id));
    now += 15s;

    EXPECT_TRUE(lane.next(now).delivery);
    EXPECT_FALSE(lane.next(now).delivery) << "one is enough to find out";

    lane.ended(outcome(Accepted{}), now);
    EXPECT_TRUE(lane.next(now).delivery);
    EXPECT_EQ(lane.breaker(), Breaker::State::closed);
}

TEST_F(LaneTest, ARefusalIsNotTheProvidersFailure) {
    for (int i = 0; i < 20; ++i) {
        lane.push(a_delivery("r" + std::to_string(i)));
        ASSERT_TRUE(lane.next(now).delivery) << i;
        lane.ended(outcome(Reject{}), now);
    }
    EXPECT_EQ(lane.breaker(), Breaker::State::closed);
}

TEST_F(LaneTest, RestsWhenItsAccountIsRefused) {
    lane.push(a_delivery("a"));
    ASSERT_TRUE(lane.next(now).delivery);
    Retry retry;
    retry.counts_against_provider = false;
    auto refused = outcome(retry);
    refused.pause = 300s;
    lane.ended(refused, now);
    lane.push(a_delivery("b"));

    EXPECT_TRUE(lane.paused(now));
    EXPECT_EQ(lane.next(now).wait, 300s);
    lane.pause_until({});
    EXPECT_TRUE(lane.next(now).delivery);
}

TEST_F(LaneTest, GivesBackWhatHasNotGone) {
    for (const char* id : {"a", "b", "c"}) lane.push(a_delivery(id));
    EXPECT_TRUE(lane.remove(DeliveryId{"b"}));
    EXPECT_FALSE(lane.remove(DeliveryId{"b"}));

    EXPECT_EQ(lane.drain().size(), 2U);
    EXPECT_EQ(lane.waiting(), 0U);
}

}  // namespace
}  // namespace carillon::notify
