#include "notify/journal.hpp"

#include "integration/notify/desk_fixture.hpp"

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class JournalTest : public DeskTest {
protected:
    // "what" of every entry, in order.
    static std::vector<std::string> whats(const std::vector<TimelineEntry>& entries) {
        std::vector<std::string> all;
        for (const auto& entry : entries) all.push_back(entry.what);
        return all;
    }

    Journal journal{database(), [](const std::string& route) { return route == "r" ? "first" : ""; }};
};

TEST_F(JournalTest, AMessageThatDoesNotExistIsNothing) {
    EXPECT_FALSE(run(journal.message(DeliveryId{"msg_none"})));
}

TEST_F(JournalTest, AMessageComesWithAllThatIsKnownOfIt) {
    const auto id = message_id(1);
    add_event("evt_a", {{"subject", "order-1"}});
    add_plan("evt_a", 2, 1);
    add_message(id,
                {{"user_id", "ada"}, {"route", "r"}, {"feed_seq", 4}, {"status", "failed"}, {"attempt", 1}});
    add_message(message_id(2), {{"user_id", "ada"}, {"channel", "push"}, {"step", 1}, {"status", "queued"}});
    add_message(message_id(3), {{"user_id", "ben"}});
    add_waiting(id, {{"reason", "provider_error"}, {"attempt", 1}});
    add_attempt(id, 1, {{"verdict", "retry"}, {"reason", "provider_error"}});
    add_to_feed("ada", 4, "evt_a", {{"read_at", text(now() + std::chrono::minutes{2})}});
    insert("feed_readers",
           {{"user_id", "ada"}, {"device", "phone"}, {"acked_seq", 4}, {"seen_at", text(now())}});
    insert("interventions",
           {{"delivery_id", id}, {"at", text(now())}, {"what", "resend"}, {"actor", "boss"}});
    insert("receipts", {{"provider", "whatsapp"},
                        {"applied", true},
                        {"event_id", "r1"},
                        {"kind", "failed"},
                        {"delivery_id", id},
                        {"occurred_at", text(now())},
                        {"received_at", text(now())},
                        {"body", Json::object()}});

    const auto facts = run(journal.message(DeliveryId{id}));

    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->mode, "first");
    EXPECT_EQ(facts->event->subject, "order-1");
    EXPECT_EQ(facts->plan->deliveries, 2);
    EXPECT_EQ(facts->queue->reason, "provider_error");
    ASSERT_EQ(facts->attempts.size(), 1u);
    EXPECT_EQ(facts->attempts[0].answer.at("status"), 200);
    EXPECT_EQ(facts->feed->seq, 4);
    EXPECT_EQ(facts->readers.size(), 1u);
    EXPECT_EQ(facts->receipts.size(), 1u);
    EXPECT_EQ(facts->interventions.size(), 1u);
    ASSERT_EQ(facts->siblings.size(), 1u);
    EXPECT_EQ(facts->siblings[0].channel, "push");
}

TEST_F(JournalTest, AParkedMessageHasNoTimeToGoOn) {
    add_message(message_id(1), {{"status", "queued"}});
    add_waiting(message_id(1), {{"due", "infinity"}, {"reason", "earlier_channel"}});

    const auto facts = run(journal.message(DeliveryId{message_id(1)}));

    EXPECT_FALSE(facts->queue->due);
}

TEST_F(JournalTest, AMessageToANumberHasTheOtherChannelsOfThatNumber) {
    add_message(message_id(1), {{"phone", "+237691924173"}});
    add_message(message_id(2), {{"phone", "+237691924173"}, {"channel", "web_chat"}});
    add_message(message_id(3), {{"phone", "+237600000000"}});
    add_message(message_id(4), {{"phone", "+237691924173"}, {"user_id", "ada"}});
    add_message(message_id(5), {{"phone", "+237691924173"}, {"event_id", "evt_b"}});

    const auto facts = run(journal.message(DeliveryId{message_id(1)}));

    ASSERT_EQ(facts->siblings.size(), 1u);
    EXPECT_EQ(facts->siblings[0].id.value(), message_id(2));
}

TEST_F(JournalTest, AnEventIsToldWithItsNumbers) {
    add_event("evt_a");
    add_plan("evt_a", 3, 2, {{"recipients", 2}, {"broadcast", "job_1"}});
    insert("broadcasts", {{"id", "job_1"},
                          {"event_id", "evt_a"},
                          {"route", "r"},
                          {"total", 10},
                          {"planned", 2},
                          {"position", "ada"},
                          {"status", "running"},
                          {"due", text(now())},
                          {"created_at", text(now())}});
    add_message(message_id(1), {{"user_id", "ada"}});
    add_message(message_id(2), {{"user_id", "ben"}});
    add_message(message_id(3), {{"user_id", "ben"}, {"status", "dead"}, {"channel", "push"}});
    add_to_feed("ada", 1, "evt_a", {{"read_at", text(now())}});
    add_to_feed("ben", 7, "evt_a");

    const auto story = run(journal.event(EventId{"evt_a"}, {}, 50));

    ASSERT_TRUE(story);
    ASSERT_TRUE(story->counts);
    EXPECT_EQ(story->counts->by_status, (std::map<std::string, std::int64_t>{{"sent", 2}, {"dead", 1}}));
    EXPECT_EQ(story->counts->feed, 2);
    EXPECT_EQ(story->counts->feed_read, 1);
    ASSERT_EQ(story->broadcasts.size(), 1u);
    EXPECT_EQ(story->broadcasts[0].planned, 2);
    EXPECT_EQ(story->messages.size(), 3u);
    EXPECT_EQ(story->feed.size(), 2u);
    EXPECT_FALSE(story->next);
    EXPECT_EQ(story->event.payload.at("total"), 5);
}

TEST_F(JournalTest, BothListsOfAnEventArePagedToTheirEnds) {
    add_event("evt_a");
    for (int n = 1; n <= 5; ++n) add_message(message_id(n), {{"user_id", "ada"}});
    for (int n = 1; n <= 2; ++n) add_to_feed("user" + std::to_string(n), 9, "evt_a");
    std::vector<std::string> messages, feed;

    EventPosition from;
    for (int page = 0; page < 10; ++page) {
        const auto story = run(journal.event(EventId{"evt_a"}, from, 2));
        EXPECT_EQ(story->counts.has_value(), page == 0) << "they are of the whole event";
        for (const auto& message : story->messages) messages.push_back(message.id.value());
        for (const auto& row : story->feed) feed.push_back(row.user);
        if (!story->next) break;
        from = *story->next;
    }

    EXPECT_THAT(messages,
                ElementsAre(message_id(5), message_id(4), message_id(3), message_id(2), message_id(1)));
    EXPECT_THAT(feed, ElementsAre("user1", "user2"));
}

class WhyTest : public JournalTest {};

TEST_F(WhyTest, WhatWasNeverAcceptedIsUnknown) {
    add_user("ada");
    const auto why = run(journal.why("ada", "evt_none"));
    EXPECT_EQ(why.verdict, WhyVerdict::no_such_event);
    EXPECT_TRUE(why.unknown());
}

TEST_F(WhyTest, AUserWhoDoesNotExistIsUnknown) {
    add_event("evt_a");
    add_plan("evt_a", 0, 0);
    EXPECT_EQ(run(journal.why("nobody", "evt_a")).verdict, WhyVerdict::no_such_user);
}

TEST_F(WhyTest, AnEventThatWaitsSaysForWhom) {
    add_user("ada");
    add_event("evt_a");
    own().query("INSERT INTO outbox VALUES ('evt_a', now() + interval '20 s', 2)");

    const auto why = run(journal.why("ada", "evt_a"));

    EXPECT_EQ(why.verdict, WhyVerdict::not_planned);
    EXPECT_THAT(why.sentences.back(), HasSubstr("tried 2 times"));
}

TEST_F(WhyTest, AUserWhomTheEventDoesNotConcernIsNotARecipient) {
    add_user("ada");
    add_user("ben");
    add_event("evt_a");
    add_plan("evt_a", 1, 0);
    add_message(message_id(1), {{"user_id", "ben"}});

    EXPECT_EQ(run(journal.why("ada", "evt_a")).verdict, WhyVerdict::not_a_recipient);
}

TEST_F(WhyTest, ARouteThatToldNobodySaysWhy) {
    add_user("ada");
    add_event("evt_a");
    add_plan("evt_a", 1, 0, {{"recipients", 0}});
    add_message(message_id(1), {{"channel", "none"}, {"status", "skipped"}, {"reason", "no_recipient"}});
    add_message(message_id(2), {{"user_id", "ben"}, {"channel", "none"}, {"status", "skipped"}});

    const auto why = run(journal.why("ada", "evt_a"));

    EXPECT_THAT(why.sentences, testing::Contains(HasSubstr("The event names nobody to tell.")));
    EXPECT_EQ(why.facts.nobody.size(), 1u);
}

TEST_F(WhyTest, AUserIsFoundByNumberAndToldEachChannelsReason) {
    add_user("ada", {{"phone", "+237691924173"}});
    add_event("evt_a");
    add_plan("evt_a", 2, 1);
    add_to_feed("ada", 1, "evt_a");
    insert("feed_readers",
           {{"user_id", "ada"}, {"device", "phone"}, {"acked_seq", 1}, {"seen_at", text(now())}});
    add_message(message_id(1),
                {{"user_id", "ada"}, {"channel", "push"}, {"status", "skipped"}, {"reason", "muted"}});
    add_message(message_id(2),
                {{"user_id", "ada"}, {"step", 1}, {"status", "queued"}, {"reason", "quiet_hours"}});
    add_waiting(message_id(2), {{"reason", "quiet_hours"}, {"due", "2026-11-22T01:30:00Z"}});

    const auto why = run(journal.why("+237 691-924-173", "evt_a"));

    EXPECT_EQ(why.verdict, WhyVerdict::told);
    EXPECT_EQ(why.facts.user, "ada");
    EXPECT_THAT(why.sentences, testing::Contains("Acknowledged by: phone."));
    EXPECT_THAT(why.sentences,
                testing::Contains(testing::AllOf(HasSubstr("push"), HasSubstr("muted this kind"))));
    EXPECT_THAT(why.sentences, testing::Contains(testing::AllOf(HasSubstr("2026-11-22T01:30:00Z"),
                                                                HasSubstr("quiet hours"))));
}

}  // namespace
}  // namespace carillon::notify
