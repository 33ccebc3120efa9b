#include "notify/audit.hpp"

#include "integration/notify/desk_fixture.hpp"
#include "notify/audit_checks.hpp"

namespace carillon::notify {
namespace {

class AuditTest : public DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        own().query("DELETE FROM channel_pauses");
        // One of each kind of end, and all of it in order.
        add_event(event);
        add_plan(event, 3, 1, {{"recipients", 2}});
        add_message(sent, {{"event_id", event}, {"user_id", "ada"}});
        add_attempt(sent, 1);
        add_message(waiting, {{"event_id", event},
                              {"user_id", "ada"},
                              {"channel", "push"},
                              {"status", "queued"},
                              {"attempt", 0}});
        add_waiting(waiting, {{"event_id", event}, {"user_id", "ada"}, {"channel", "push"}});
        add_message(skipped,
                    {{"event_id", event}, {"user_id", "ben"}, {"status", "skipped"}, {"attempt", 0}});
        add_to_feed("ada", 1, event);
    }

    // Due, unless a test says otherwise, later than any clock says: the rules go by the database's.
    static void add_waiting(const std::string& id, Json more = Json::object()) {
        if (!more.contains("due")) more["due"] = "2999-01-01T00:00:00Z";
        DeskTest::add_waiting(id, more);
    }
    static void add_resend(const std::string& id, Time at) {
        insert("interventions",
               {{"delivery_id", id}, {"at", text(at)}, {"what", "resend"}, {"actor", "boss"}});
    }

    AuditReport audit() { return run(Audit{database(), clock()}.run(60)); }
    // The names of the rules that something breaks, each with what broke it.
    std::vector<std::string> broken() {
        std::vector<std::string> names;
        for (const auto& check : audit().checks)
            if (check.total > 0) names.push_back(check.name);
        return names;
    }
    AuditFinding only(const std::string& name) {
        for (const auto& check : audit().checks)
            if (check.name == name && check.findings.size() == 1) return check.findings[0];
        ADD_FAILURE() << "not exactly one " << name;
        return {};
    }

    const std::string event = event_id(900);
    const std::string sent = message_id(901);
    const std::string waiting = message_id(902);
    const std::string skipped = message_id(903);
};

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

TEST_F(AuditTest, WhatIsInOrderHasNoFindings) {
    const auto report = audit();

    EXPECT_EQ(report.total(), 0) << testing::PrintToString(broken());
    EXPECT_EQ(report.events, 1);
    EXPECT_EQ(report.messages, 3);
    EXPECT_EQ(report.checks.size(), audit_rules().size());
}

TEST_F(AuditTest, AnEventThatNobodyPlansIsLost) {
    const auto lost = event_id(910);
    add_event(lost);

    EXPECT_THAT(broken(), ElementsAre("event_lost"));
    EXPECT_EQ(only("event_lost").event_id, lost);
}

TEST_F(AuditTest, AnEventInTheOutboxIsNotLostUntilTwoLeasesHavePassed) {
    const auto due = event_id(910);
    add_event(due);
    own().query("INSERT INTO outbox VALUES ('" + due + "', now() - interval '50 s')");
    EXPECT_THAT(broken(), IsEmpty());

    own().query("UPDATE outbox SET due = now() - interval '61 s'");
    EXPECT_THAT(broken(), ElementsAre("outbox_overdue"));
}

TEST_F(AuditTest, AnEventIsNotPlannedTwice) {
    own().query("INSERT INTO outbox VALUES ('" + event + "', now() + interval '30 s')");
    EXPECT_THAT(broken(), ElementsAre("event_waits_planned"));
}

TEST_F(AuditTest, AMessageThatIsMissingIsCounted) {
    own().query("DELETE FROM notifications_log WHERE id = '" + skipped + "'");

    EXPECT_THAT(broken(), ElementsAre("deliveries_differ"));
    EXPECT_EQ(only("deliveries_differ").detail, "planned 3, stored 2");
}

TEST_F(AuditTest, AMessageWithoutAPlanIsCounted) {
    own().query("DELETE FROM event_plans");
    EXPECT_THAT(broken(), ElementsAre("event_lost", "deliveries_differ", "feed_rows_differ"));
}

TEST_F(AuditTest, APlanThatLeftNoTraceIsTold) {
    const auto empty = event_id(910);
    add_event(empty);
    add_plan(empty, 0, 0);
    EXPECT_EQ(only("plan_without_trace").event_id, empty);
}

TEST_F(AuditTest, APlaceInAFeedThatIsMissingIsCounted) {
    own().query("DELETE FROM feed; DELETE FROM feed_heads");
    EXPECT_THAT(broken(), ElementsAre("feed_rows_differ"));
}

TEST_F(AuditTest, WhatWasTrimmedIsNotMissing) {
    add_to_feed("ada", 2, event_id(800));
    own().query("DELETE FROM feed WHERE seq = 1");
    own().query("DELETE FROM feed WHERE event_id = '" + event + "'");
    add_plan(event_id(800), 0, 1);

    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, WhatIsNotFinalMustWait) {
    own().query("DELETE FROM notifications_queue");

    EXPECT_THAT(broken(), ElementsAre("delivery_stranded"));
    EXPECT_EQ(only("delivery_stranded").delivery_id, waiting);
}

TEST_F(AuditTest, APartOfADigestWaitsWithItsHead) {
    own().query("DELETE FROM notifications_queue");
    own().query("UPDATE notifications_log SET digest_of = 'msg_head' WHERE id = '" + waiting + "'");
    EXPECT_THAT(broken(), ElementsAre("delivery_stranded"));

    // Of an event older than what is looked at.
    add_message("msg_head", {{"event_id", "evt_0"}, {"status", "queued"}, {"attempt", 0}});
    add_waiting("msg_head");
    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, WhatIsFinalMustNotWait) {
    add_waiting(sent);
    EXPECT_THAT(broken(), ElementsAre("queue_of_final"));
}

TEST_F(AuditTest, WhatWaitsHasARecord) {
    add_waiting("msg_ghost");
    EXPECT_THAT(broken(), ElementsAre("queue_without_record"));
}

TEST_F(AuditTest, WhoWaitsForAnotherChannelHasOne) {
    own().query("UPDATE notifications_queue SET due = 'infinity', step = 1");
    EXPECT_THAT(broken(), ElementsAre("queue_parked_alone"));

    own().query("UPDATE notifications_log SET status = 'queued', attempt = 0 WHERE id = '" + skipped +
                "'; UPDATE notifications_log SET user_id = 'ada', channel = 'web_chat' WHERE id = '" +
                skipped + "'");
    add_waiting(skipped, {{"event_id", event}, {"user_id", "ada"}, {"channel", "web_chat"}});
    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, WhoWaitsForAnotherChannelHasOneOfTheSameRoute) {
    own().query("UPDATE notifications_queue SET due = 'infinity', step = 1");
    own().query("UPDATE notifications_log SET route = 'a' WHERE id = '" + waiting + "'");
    own().query(
        "UPDATE notifications_log SET route = 'b', user_id = 'ada', channel = 'web_chat',"
        " status = 'queued' WHERE id = '" +
        skipped + "'");
    add_waiting(skipped, {{"event_id", event}, {"user_id", "ada"}, {"channel", "web_chat"}});
    EXPECT_THAT(broken(), ElementsAre("queue_parked_alone"));

    own().query("UPDATE notifications_log SET route = 'a' WHERE id = '" + skipped + "'");
    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, WhatIsDueGoesOutWithinTheHour) {
    own().query("UPDATE notifications_queue SET due = now() - interval '59 min'");
    EXPECT_THAT(broken(), IsEmpty());

    own().query("UPDATE notifications_queue SET due = now() - interval '61 min'");
    EXPECT_THAT(broken(), ElementsAre("queue_stuck"));
    EXPECT_EQ(only("queue_stuck").delivery_id, waiting);
}

TEST_F(AuditTest, WhatAPauseHoldsIsNotStuck) {
    own().query("UPDATE notifications_queue SET due = now() - interval '2 h'");
    own().query("INSERT INTO channel_pauses VALUES ('push', now() + interval '1 h', 'auth')");
    EXPECT_THAT(broken(), IsEmpty());

    own().query("UPDATE channel_pauses SET until = now() - interval '1 s'");
    EXPECT_THAT(broken(), ElementsAre("queue_stuck"));
}

TEST_F(AuditTest, ALeaseThatNobodyTakesOverIsTold) {
    own().query(
        "UPDATE notifications_queue SET state = 'leased', node = 'b', due = now() - interval '2 min'");
    EXPECT_THAT(broken(), ElementsAre("queue_overdue"));
}

TEST_F(AuditTest, NobodyIsToldTwiceByOneChannel) {
    own().query("UPDATE notifications_log SET user_id = 'ada' WHERE id = '" + skipped + "'");

    EXPECT_THAT(broken(), ElementsAre("delivery_twice"));
    EXPECT_EQ(only("delivery_twice").user_id, "ada");
}

TEST_F(AuditTest, TwoRoutesMayTellOnePersonByOneChannel) {
    own().query("UPDATE notifications_log SET user_id = 'ada', route = 'b' WHERE id = '" + skipped + "'");
    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, AFeedHasNoGap) {
    add_to_feed("ada", 3, event_id(800));
    add_plan(event_id(800), 0, 1);
    EXPECT_THAT(broken(), ElementsAre("feed_gap"));
    EXPECT_EQ(only("feed_gap").user_id, "ada");
}

TEST_F(AuditTest, AFeedEndsWhereItsHeadIs) {
    own().query("UPDATE feed_heads SET last_seq = 2");
    EXPECT_THAT(broken(), ElementsAre("feed_gap"));
}

TEST_F(AuditTest, AFeedHoldsAnEventOnce) {
    add_to_feed("ada", 2, event);
    EXPECT_THAT(broken(), Contains("feed_twice"));
}

TEST_F(AuditTest, EveryCallIsWrittenDown) {
    own().query("DELETE FROM attempts");
    EXPECT_THAT(broken(), ElementsAre("attempts_differ"));
    EXPECT_EQ(only("attempts_differ").delivery_id, sent);
}

TEST_F(AuditTest, ACallThatSpentNoAttemptIsInOrder) {
    own().query("UPDATE notifications_log SET status = 'failed', attempt = 0 WHERE id = '" + sent + "'");
    add_waiting(sent, {{"event_id", event}, {"user_id", "ada"}});
    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, MoreCallsThanTheRecordKnowsAreTold) {
    add_attempt(sent, 2);
    add_attempt(sent, 3);
    EXPECT_THAT(broken(), ElementsAre("attempts_differ"));
}

// The calls are at one, two, three … seconds past.
TEST_F(AuditTest, WhatIsSentOnceMoreCountsFromTheStart) {
    for (int n = 2; n <= 4; ++n) add_attempt(sent, n);
    add_resend(sent, now() + std::chrono::minutes{1});
    const auto again = text(now() + std::chrono::minutes{2});
    add_attempt(sent, 1, {{"begun_at", again}, {"ended_at", again}});

    EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(AuditTest, OfCallsAboutTheTimeOfAResendEitherIsTrue) {
    for (int n = 2; n <= 4; ++n) add_attempt(sent, n);
    const auto began = text(now() + std::chrono::seconds{5});
    add_attempt(sent, 1, {{"begun_at", began}, {"ended_at", began}});

    add_resend(sent, now() + std::chrono::seconds{4});
    EXPECT_THAT(broken(), IsEmpty()) << "by the database's clock before the call";
    own().query("UPDATE interventions SET at = at + interval '4 s'");
    EXPECT_THAT(broken(), IsEmpty()) << "by the database's clock after it";
    own().query("UPDATE interventions SET at = at + interval '4 s'");
    EXPECT_THAT(broken(), ElementsAre("attempts_differ")) << "so much no two clocks differ";
}

TEST_F(AuditTest, ACallBelongsToADelivery) {
    add_attempt(message_id(950), 1);
    EXPECT_THAT(broken(), ElementsAre("attempt_without_record"));
}

TEST_F(AuditTest, ABroadcastThatStandsStillIsTold) {
    insert("broadcasts", {{"id", "job_1"},
                          {"event_id", event},
                          {"route", "r"},
                          {"total", 10},
                          {"planned", 2},
                          {"position", "ada"},
                          {"status", "running"},
                          {"due", "2026-01-01T00:00:00Z"},
                          {"created_at", text(now())}});
    EXPECT_THAT(broken(), ElementsAre("broadcast_stuck"));
}

TEST_F(AuditTest, OfManyTheFirstHundredAreShownAndAllAreCounted) {
    for (int n = 0; n < 120; ++n) add_event(event_id(n + 1000));

    for (const auto& check : audit().checks) {
        if (check.name != "event_lost") continue;
        EXPECT_EQ(check.total, 120);
        EXPECT_EQ(check.findings.size(), 100u);
    }
}

TEST_F(AuditTest, WhatIsOlderThanAskedForIsNotLookedAt) {
    add_event(event_id(1).replace(0, 8, "evt_0100"));
    EXPECT_THAT(broken(), IsEmpty());
}

}  // namespace
}  // namespace carillon::notify
