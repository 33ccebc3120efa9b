#include "integration/notify/desk_fixture.hpp"
#include "notify/history_query.hpp"
#include "notify/journal.hpp"

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HistoryTest : public DeskTest {
protected:
    std::vector<std::string> ids(HistoryFilter filter) {
        std::vector<std::string> all;
        for (int pages = 0; pages < 100; ++pages) {
            auto page = run(journal.history(filter));
            for (const auto& message : page.messages) all.push_back(message.id.value());
            if (!page.next) return all;
            filter.below = *page.next;
        }
        ADD_FAILURE() << "the list never ends";
        return all;
    }
    // The nth messages, as a list.
    static std::vector<std::string> of(const std::vector<int>& numbers) {
        std::vector<std::string> all;
        for (const int n : numbers) all.push_back(message_id(n));
        return all;
    }

    Journal journal{database()};
};

TEST_F(HistoryTest, TheNewestComesFirstPageAfterPage) {
    for (const int n : {3, 1, 5, 2, 4}) add_message(message_id(n));
    HistoryFilter filter;
    filter.limit = 2;

    EXPECT_EQ(ids(filter), of({5, 4, 3, 2, 1}));
    EXPECT_EQ(run(journal.history(filter)).messages.size(), 2u);
}

TEST_F(HistoryTest, APageThatIsJustFullIsTheLast) {
    for (const int n : {1, 2}) add_message(message_id(n));
    HistoryFilter filter;
    filter.limit = 2;

    EXPECT_FALSE(run(journal.history(filter)).next);
}

TEST_F(HistoryTest, IsFilteredByWhateverIsAskedFor) {
    add_message(message_id(1), {{"user_id", "ada"}, {"phone", "+237691924173"}, {"reference_id", "order-1"}});
    add_message(message_id(2), {{"user_id", "ben"}, {"channel", "push"}, {"event_id", "evt_b"}});
    add_message(message_id(3), {{"user_id", "ada"}, {"channel", "push"}, {"type", "new_lead"}});
    const auto with = [](auto set) {
        HistoryFilter filter;
        set(filter);
        return filter;
    };

    EXPECT_EQ(ids(with([](auto& filter) { filter.user = "ada"; })), of({3, 1}));
    EXPECT_EQ(ids(with([](auto& filter) { filter.phone = "+237691924173"; })), of({1}));
    EXPECT_EQ(ids(with([](auto& filter) { filter.reference = "order-1"; })), of({1}));
    EXPECT_EQ(ids(with([](auto& filter) { filter.event = "evt_b"; })), of({2}));
    EXPECT_EQ(ids(with([](auto& filter) { filter.channel = "push"; })), of({3, 2}));
    EXPECT_EQ(ids(with([](auto& filter) { filter.type = "new_lead"; })), of({3}));
    EXPECT_EQ(ids(with([](auto& filter) {
                  filter.user = "ada";
                  filter.channel = "push";
              })),
              of({3}));
    EXPECT_THAT(ids(with([](auto& filter) {
                    filter.user = "ben";
                    filter.reference = "order-1";
                })),
                IsEmpty());
}

TEST_F(HistoryTest, EveryStatusIsFound) {
    int n = 0;
    for (const auto* status : {"sent", "delivered", "read"})
        add_message(message_id(++n), {{"status", status}});
    for (const auto* status : {"failed", "dead", "unknown"})
        add_message(message_id(++n), {{"status", status}, {"attention", 1}});
    add_message(message_id(++n), {{"status", "skipped"}, {"attention", 2}});
    add_message(message_id(++n), {{"status", "sent"}, {"attention", 3}, {"attempt", 2}});
    add_message(message_id(++n), {{"status", "queued"}});
    add_waiting(message_id(n));
    add_message(message_id(++n), {{"status", "failed"}, {"attention", 1}, {"attempt", 2}});
    add_waiting(message_id(n), {{"begun_at", text(now())}});
    const auto found = [this](const char* status) {
        HistoryFilter filter;
        filter.status = status;
        return ids(filter);
    };

    EXPECT_EQ(found("sent"), of({8, 1}));
    EXPECT_EQ(found("delivered"), of({2}));
    EXPECT_EQ(found("read"), of({3}));
    EXPECT_EQ(found("failed"), of({5, 4}));
    EXPECT_EQ(found("dead"), of({5}));
    EXPECT_EQ(found("unknown"), of({6}));
    EXPECT_EQ(found("skipped"), of({7}));
    EXPECT_EQ(found("retried"), of({10, 8}));
    EXPECT_EQ(found("queued"), of({9}));
    EXPECT_EQ(found("sending"), of({10}));
}

TEST_F(HistoryTest, WhoIsPartOfADigestWaitsUntilItHasGoneOut) {
    add_message(message_id(1), {{"status", "queued"}});
    add_waiting(message_id(1), {{"digest", true}, {"reason", "digest"}});
    add_message(message_id(2), {{"status", "queued"}, {"digest_of", message_id(1)}});
    add_message(message_id(3), {{"status", "skipped"}, {"digest_of", message_id(1)}});
    add_message(message_id(4), {{"status", "queued"}});
    add_waiting(message_id(4));
    add_message(message_id(5), {{"status", "queued"}, {"digest_of", message_id(1)}});
    HistoryFilter filter;
    filter.status = "queued";

    EXPECT_EQ(ids(filter), of({5, 4, 2, 1}));
    filter.limit = 1;
    EXPECT_EQ(ids(filter), of({5, 4, 2, 1})) << "page after page";

    own().query("DELETE FROM notifications_queue WHERE digest");
    EXPECT_EQ(ids(filter), of({4}));
}

TEST_F(HistoryTest, AStatusIsFoundBesideAPersonToo) {
    add_message(message_id(1), {{"user_id", "ada"}, {"status", "dead"}, {"attention", 1}});
    add_message(message_id(2), {{"user_id", "ada"}});
    add_message(message_id(3), {{"user_id", "ben"}, {"status", "dead"}, {"attention", 1}});
    HistoryFilter filter;
    filter.user = "ada";
    filter.status = "failed";

    EXPECT_EQ(ids(filter), of({1}));
}

TEST_F(HistoryTest, ALookBackEndsAtItsDays) {
    add_message(message_id(10));
    add_message(message_id(900));
    HistoryFilter filter;
    filter.since = now() - std::chrono::days{7};

    EXPECT_EQ(ids(filter), of({900}));
}

// More than one window, with what is looked for at both ends.
TEST_F(HistoryTest, ARareOneIsFoundPastAllTheOthers) {
    own().query(
        "INSERT INTO notifications_log (id, event_id, channel, type, status, reason)"
        " SELECT 'msg_' || lpad(n::text, 32, '0'), 'evt_a', 'push', CASE WHEN n IN (1, 99999) THEN 'rare' "
        "ELSE 'usual' END,"
        " 'sent', 'accepted' FROM generate_series(1, 100000) n");
    HistoryFilter filter;
    filter.type = "rare";

    const auto first = run(journal.history(filter));
    EXPECT_EQ(first.messages.size(), 1u);
    EXPECT_TRUE(first.next) << "the way is bounded, and this page says that it goes on";
    EXPECT_EQ(ids(filter).size(), 2u);
}

TEST_F(HistoryTest, AMessageIsReadWhole) {
    add_message(message_id(1), {{"user_id", "ada"},
                                {"phone", "+237691924173"},
                                {"language", "fr"},
                                {"status", "dead"},
                                {"attention", 1},
                                {"reason", "unregistered"},
                                {"detail", "two devices"},
                                {"reference_id", "order-1"},
                                {"attempt", 3},
                                {"failed_at", "2026-11-21T07:31:00Z"},
                                {"provider_message_id", "wamid.1"}});

    const auto page = run(journal.history({}));

    ASSERT_EQ(page.messages.size(), 1u);
    const auto& message = page.messages[0];
    EXPECT_EQ(message.language, "fr");
    EXPECT_EQ(message.text, "Hello");
    EXPECT_EQ(message.detail, "two devices");
    EXPECT_EQ(message.attempt, 3);
    EXPECT_EQ(text(message.created_at), "2026-11-21T07:30:00Z");
    EXPECT_EQ(text(*message.failed_at), "2026-11-21T07:31:00Z");
    EXPECT_FALSE(message.sent_at);
    EXPECT_EQ(message.provider_message_id, "wamid.1");
}

TEST_F(HistoryTest, TheFloorOfATimeIsTheSchemas) {
    for (const auto* at : {"1970-01-01T00:00:00Z", "2026-11-21T07:30:00.123456Z", "2200-01-01T00:00:00Z"})
        EXPECT_EQ(id_floor("msg_", parse_rfc3339(at).value()),
                  value(std::string{"SELECT id_floor('msg_', date_trunc('milliseconds', '"} + at +
                        "'::timestamptz))"));
}

}  // namespace
}  // namespace carillon::notify
