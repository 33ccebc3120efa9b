// The end of an attempt, written down: by whoever holds the lease, once, with what hangs on it.
#include "notify/settler.hpp"

#include "integration/notify/desk_fixture.hpp"

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;

class SettlerTest : public DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        add_event(event);
        add_message(message, {{"event_id", event}, {"user_id", "ada"}, {"status", "queued"}, {"attempt", 0}});
        add_waiting(message, {{"event_id", event},
                              {"user_id", "ada"},
                              {"state", "leased"},
                              {"fence", 7},
                              {"due", "2999-01-01T00:00:00Z"}});
    }

    Ending an_ending(Ending::What what) {
        Ending ending;
        ending.id = DeliveryId{message};
        ending.fence = 7;
        ending.what = what;
        ending.reason = what == Ending::What::sent ? Reason::accepted : Reason::rate_limited;
        ending.attempt = 1;
        ending.again_in = 5min;
        ending.has_receipts = true;
        ending.call =
            Ending::Call{1, now(), now() + 1s, what == Ending::What::sent ? "accepted" : "retry", "{}"};
        return ending;
    }
    Settled write(const std::vector<Ending>& endings) {
        auto job = [&endings](db::Session& session) {
            return write_endings(session, endings, "here").front();
        };
        return run(database().transact(std::move(job)));
    }
    void add_receipt(const std::string& kind) {
        insert("receipts", {{"provider", "whatsapp"},
                            {"event_id", "r-" + kind},
                            {"kind", kind},
                            {"delivery_id", message},
                            {"occurred_at", "2026-11-21T07:30:00Z"},
                            {"received_at", "2026-11-21T07:30:00Z"},
                            {"applied", false},
                            {"body", Json::object()}});
    }
    static std::string status() { return own().value("SELECT status FROM notifications_log"); }
    static std::string count(const std::string& table) {
        return own().value("SELECT count(*) FROM " + table);
    }

    const std::string event = event_id(900);
    const std::string message = message_id(901);
};

TEST_F(SettlerTest, WhatWasSentIsOutOfTheQueueAndItsCallWrittenDown) {
    const auto settled = write({an_ending(Ending::What::sent)});

    EXPECT_TRUE(settled.ours);
    EXPECT_EQ(status(), "sent");
    EXPECT_EQ(count("notifications_queue"), "0");
    EXPECT_EQ(count("attempts"), "1");
}

TEST_F(SettlerTest, WhoIsTooLateWritesNothing) {
    auto late = an_ending(Ending::What::sent);
    late.fence = 6;

    const auto settled = write({late});

    EXPECT_FALSE(settled.ours);
    EXPECT_EQ(status(), "queued");
    EXPECT_EQ(count("notifications_queue"), "1");
    EXPECT_EQ(count("attempts"), "0");
}

TEST_F(SettlerTest, OfTwoEndingsInOneBatchTheLeaseDecides) {
    auto late = an_ending(Ending::What::dead);
    late.fence = 6;

    EXPECT_FALSE(write({late, an_ending(Ending::What::sent)}).ours);

    EXPECT_EQ(status(), "sent");
    EXPECT_EQ(count("attempts"), "1");
}

TEST_F(SettlerTest, ARetryWaitsInTheQueue) {
    write({an_ending(Ending::What::retry)});

    EXPECT_EQ(status(), "failed");
    EXPECT_EQ(own().value("SELECT state FROM notifications_queue"), "waiting");
}

TEST_F(SettlerTest, AReceiptThatWasQuickerTakesTheRetryBack) {
    add_receipt("delivered");

    write({an_ending(Ending::What::retry)});

    EXPECT_EQ(status(), "delivered");
    EXPECT_EQ(count("notifications_queue"), "0") << "the person has it: a second copy would reach them";
}

TEST_F(SettlerTest, ABadReceiptOfThisAttemptLeavesTheRetry) {
    add_receipt("failed");

    write({an_ending(Ending::What::retry)});

    EXPECT_EQ(status(), "failed");
    EXPECT_EQ(count("notifications_queue"), "1");
}

}  // namespace
}  // namespace carillon::notify
