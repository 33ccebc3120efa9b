#include "notify/journal_timeline.hpp"

#include <gmock/gmock.h>

namespace carillon::notify {
namespace {

using testing::ElementsAre;

Time at(int second) {
    return parse_rfc3339("2026-11-21T07:30:00Z").value() + std::chrono::seconds{second};
}

MessageFacts a_message() {
    MessageFacts facts;
    facts.message.id = DeliveryId{"msg_1"};
    facts.message.channel = "whatsapp";
    facts.message.status = "queued";
    facts.message.reason = "none";
    facts.message.created_at = at(0);
    facts.event = EventRow{EventId{"evt_1"}, "order.created", "ada", "order-1", {}, at(0)};
    facts.plan = PlanRow{at(1), 1, 2, 1, {}};
    return facts;
}

std::vector<std::string> whats(const MessageFacts& facts) {
    std::vector<std::string> all;
    for (const auto& entry : timeline_of(facts)) all.push_back(entry.what);
    return all;
}

TEST(Timeline, TellsAMessagesLifeInOrder) {
    auto facts = a_message();
    facts.feed = FeedRow{"ada", 7, "lead_update", at(1), at(50)};
    facts.readers = {{"phone", 7, at(40)}, {"tab", 6, at(45)}};
    facts.attempts = {{1, at(2), at(3), "a", "retry", "provider_error", Json::object()},
                      {2, at(20), at(21), "b", "accepted", "accepted", Json::object()}};
    facts.interventions = {{at(10), "retry", "boss"}};
    facts.receipts = {{"whatsapp", "r1", "delivered", at(30), at(31), Json::object()}};
    facts.message.status = "delivered";
    facts.message.sent_at = at(21);
    facts.message.delivered_at = at(30);

    EXPECT_THAT(whats(facts),
                ElementsAre("event_accepted", "planned", "stored_in_feed", "attempt", "intervention",
                            "attempt", "sent", "receipt", "delivered", "acknowledged", "read_in_feed"));
}

// Event and plan in one transaction, the one timed by us and the other by the database.
TEST(Timeline, NothingGoesBeforeItsCause) {
    auto facts = a_message();
    facts.plan->planned_at = at(-1);
    facts.attempts = {{1, at(-1), at(0), "a", "accepted", "accepted", Json::object()}};

    EXPECT_THAT(whats(facts), ElementsAre("event_accepted", "planned", "attempt"));
    EXPECT_EQ(timeline_of(facts)[1].at, at(0));
}

TEST(Timeline, WhatItWaitsForStandsAtTheEnd) {
    auto facts = a_message();
    facts.queue = QueueRow{"waiting", "quiet_hours", at(9000), 0, {}, {}, "acked", {}, at(0)};

    const auto entries = timeline_of(facts);

    ASSERT_EQ(entries.back().what, "waits");
    EXPECT_EQ(entries.back().detail.at("reason"), "quiet_hours");
    EXPECT_EQ(entries.back().detail.at("about"), "Waits until the user's quiet hours are over.");
    EXPECT_EQ(entries.back().detail.at("until"), to_rfc3339(at(9000)));
    EXPECT_EQ(entries.back().detail.at("unless"), "acked");
}

TEST(Timeline, AParkedOneHasNoTime) {
    auto facts = a_message();
    facts.queue = QueueRow{"waiting", "earlier_channel", {}, 0, {}, {}, {}, {}, at(0)};
    EXPECT_TRUE(timeline_of(facts).back().detail.at("until").is_null());
}

TEST(Timeline, ACallThatRunsIsNoWaiting) {
    auto facts = a_message();
    facts.queue = QueueRow{"leased", "none", at(30), 2, at(5), "a", {}, {}, at(0)};

    EXPECT_THAT(whats(facts), ElementsAre("event_accepted", "planned", "attempt_under_way"));
    EXPECT_EQ(timeline_of(facts).back().detail.at("attempt"), 2);
}

TEST(Timeline, ASkipSaysWhyThoughItHasNoTimeOfItsOwn) {
    auto facts = a_message();
    facts.message.status = "skipped";
    facts.message.reason = "muted";

    EXPECT_THAT(whats(facts), ElementsAre("event_accepted", "planned", "skipped"));
    EXPECT_EQ(timeline_of(facts).back().detail.at("about"), "The user has muted this kind of event.");
}

TEST(Timeline, ThePlanNamesTheRouteAndTheOtherChannels) {
    auto facts = a_message();
    facts.route = "order.created to customer_id";
    facts.mode = "first";
    facts.siblings = {{DeliveryId{"msg_2"}, "push", 1, "queued", "earlier_channel"}};

    const auto detail = timeline_of(facts)[1].detail;

    EXPECT_EQ(detail.at("route"), "order.created to customer_id");
    EXPECT_EQ(detail.at("mode"), "first");
    EXPECT_EQ(detail.at("other_channels").at(0).at("channel"), "push");
}

TEST(Timeline, AReasonThatTheListNoLongerHasIsShownAsItIs) {
    EXPECT_EQ(sentence_of("muted"), "The user has muted this kind of event.");
    EXPECT_EQ(sentence_of("from_long_ago"), "from_long_ago");
}

}  // namespace
}  // namespace carillon::notify
