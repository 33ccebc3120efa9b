#include "notify/journal_why.hpp"

#include <gmock/gmock.h>

namespace carillon::notify {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

Time at(int second) {
    return parse_rfc3339("2026-11-21T07:30:00Z").value() + std::chrono::seconds{second};
}

WhyFacts accepted() {
    WhyFacts facts;
    facts.user = "ada";
    facts.asked_event = "evt_1";
    facts.user_known = true;
    facts.now = at(10);
    facts.event = EventRow{EventId{"evt_1"}, "order.created", {}, {}, {}, at(0)};
    return facts;
}

WhyFacts planned() {
    auto facts = accepted();
    facts.plan = PlanRow{at(1), 1, 1, 0, {}};
    return facts;
}

WhyChannel channel(const std::string& status, const std::string& reason) {
    WhyChannel channel;
    channel.message.id = DeliveryId{"msg_1"};
    channel.message.channel = "whatsapp";
    channel.message.status = status;
    channel.message.reason = reason;
    return channel;
}

TEST(Why, JudgesByWhatIsThere) {
    EXPECT_EQ(explain({}).verdict, WhyVerdict::no_such_event);
    EXPECT_EQ(explain(accepted()).verdict, WhyVerdict::not_planned);
    EXPECT_EQ(explain(planned()).verdict, WhyVerdict::not_a_recipient);

    auto told = planned();
    told.channels = {channel("sent", "accepted")};
    EXPECT_EQ(explain(told).verdict, WhyVerdict::told);
    auto stranger = planned();
    stranger.user_known = false;
    EXPECT_EQ(explain(stranger).verdict, WhyVerdict::no_such_user);
    // Erased since; the record still knows.
    told.user_known = false;
    EXPECT_EQ(explain(told).verdict, WhyVerdict::told);
}

TEST(Why, ABroadcastComesToTheLaterUsersLater) {
    auto facts = planned();
    facts.broadcasts = {{"job_1", "r", 100, 40, "abel", "running", at(1), {}}};
    EXPECT_EQ(explain(facts).verdict, WhyVerdict::not_yet);
    EXPECT_THAT(explain(facts).sentences, Contains(HasSubstr("40 of 100")));

    facts.broadcasts[0].position = "ben";
    EXPECT_EQ(explain(facts).verdict, WhyVerdict::not_a_recipient);
    facts.broadcasts[0].position = "abel";
    facts.broadcasts[0].status = "done";
    EXPECT_EQ(explain(facts).verdict, WhyVerdict::not_a_recipient);
}

TEST(Why, AnEventThatWaitsSaysSinceWhenOrUntilWhen) {
    auto facts = accepted();
    facts.outbox = OutboxRow{at(30), 0};
    EXPECT_THAT(explain(facts).sentences.back(),
                AllOf(HasSubstr("has until 2026-11-21T07:30:30Z"), Not(HasSubstr("tried"))));
    facts.outbox = OutboxRow{at(5), 1};
    EXPECT_THAT(explain(facts).sentences.back(),
                AllOf(HasSubstr("waited since 2026-11-21T07:30:05Z"), HasSubstr("tried 1 time.")));
    facts.outbox.reset();
    EXPECT_THAT(explain(facts).sentences.back(), HasSubstr("lost"));
}

TEST(Why, AChannelSaysItsStateTimeAndReason) {
    auto facts = planned();
    facts.channels = {channel("dead", "unregistered")};
    facts.channels[0].message.failed_at = at(4);
    facts.channels[0].message.attempt = 3;
    facts.channels[0].message.detail = "two devices";

    EXPECT_EQ(
        explain(facts).sentences.back(),
        "whatsapp (msg_1): dead at 2026-11-21T07:30:04Z, after 3 attempts. None of the user's devices is "
        "registered any more. (two devices)");
}

TEST(Why, AReasonIsNotSaidTwice) {
    auto facts = planned();
    facts.channels = {channel("queued", "quiet_hours")};
    facts.channels[0].queue = QueueRow{"waiting", "quiet_hours", at(100), 0, {}, {}, {}, {}, at(0)};

    EXPECT_EQ(
        explain(facts).sentences.back(),
        "whatsapp (msg_1): queued; next step at 2026-11-21T07:31:40Z. Waits until the user's quiet hours are "
        "over.");
}

TEST(Why, ACallThatRunsIsTold) {
    auto facts = planned();
    facts.channels = {channel("sending", "none")};
    facts.channels[0].queue = QueueRow{"leased", "none", at(30), 1, at(8), "a", {}, {}, at(0)};

    EXPECT_EQ(explain(facts).sentences.back(),
              "whatsapp (msg_1): sending; attempt 1 has been under way since 2026-11-21T07:30:08Z.");
}

TEST(Why, EveryVerdictHasAName) {
    for (const auto verdict : {WhyVerdict::no_such_event, WhyVerdict::no_such_user, WhyVerdict::not_planned,
                               WhyVerdict::not_yet, WhyVerdict::not_a_recipient, WhyVerdict::told})
        EXPECT_FALSE(name_of(verdict).empty());
}

}  // namespace
}  // namespace carillon::notify
