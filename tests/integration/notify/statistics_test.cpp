#include "notify/statistics.hpp"

#include "integration/notify/desk_fixture.hpp"

namespace carillon::notify {
namespace {

class StatisticsTest : public DeskTest {
protected:
    static void change(const std::string& hour, const std::string& measure, int n,
                       const std::string& channel = "push", const std::string& type = "new_lead") {
        insert("count_changes",
               {{"hour", hour}, {"channel", channel}, {"type", type}, {"measure", measure}, {"n", n}});
    }
    static std::string folded() {
        return value(
            "SELECT COALESCE(string_agg(to_char(hour AT TIME ZONE 'UTC', 'DD HH24') || ' ' || measure || '=' "
            "|| n,"
            " ', ' ORDER BY hour, measure), '') FROM hourly_counts");
    }

    Statistics statistics{database(), clock()};
};

constexpr auto this_hour = "2026-11-21T07:00:00Z";

TEST_F(StatisticsTest, FoldingSumsUpAndLeavesNothingBehind) {
    change(this_hour, "queued", 1);
    change(this_hour, "queued", -1);
    change(this_hour, "sent", 1);
    change(this_hour, "sent", 1);

    EXPECT_EQ(run(statistics.fold()), 4);

    EXPECT_EQ(folded(), "21 07 sent=2");
    EXPECT_EQ(value("SELECT count(*) FROM count_changes"), "0");
    EXPECT_EQ(run(statistics.fold()), 0);
}

TEST_F(StatisticsTest, WhatComesLaterIsAdded) {
    change(this_hour, "sent", 5);
    run(statistics.fold());
    change(this_hour, "sent", -2);
    change(this_hour, "delivered", 2);
    run(statistics.fold());

    EXPECT_EQ(folded(), "21 07 delivered=2, 21 07 sent=3");
}

TEST_F(StatisticsTest, ASliceIsAsLargeAsItIsAskedFor) {
    for (int i = 0; i < 5; ++i) change(this_hour, "sent", 1);

    EXPECT_EQ(run(statistics.fold(3)), 3);
    EXPECT_EQ(run(statistics.fold(3)), 2);
    EXPECT_EQ(folded(), "21 07 sent=5");
}

TEST_F(StatisticsTest, OnlyOneServerFoldsAtATime) {
    change(this_hour, "sent", 1);
    pqxx::connection other{own().url()};
    pqxx::work turn{other};
    turn.exec("SELECT pg_advisory_xact_lock(hashtext('carillon.statistics'))");

    EXPECT_EQ(run(statistics.fold()), 0);
    turn.commit();
    EXPECT_EQ(run(statistics.fold()), 1);
}

TEST_F(StatisticsTest, OldDaysBecomeOneRowAndSayTheSame) {
    for (const auto* hour : {"2026-11-18T00:00:00Z", "2026-11-18T05:00:00Z", "2026-11-18T23:00:00Z",
                             "2026-11-20T05:00:00Z", "2026-11-20T06:00:00Z"})
        change(hour, "sent", 2);
    run(statistics.fold());
    const auto before = run(statistics.read(30)).by_status;

    run(statistics.condense());

    EXPECT_EQ(folded(), "18 00 sent=6, 20 05 sent=2, 20 06 sent=2");
    EXPECT_EQ(run(statistics.read(30)).by_status, before);
    EXPECT_EQ(run(statistics.condense()), 0) << "it is done once";
}

TEST_F(StatisticsTest, AReadingTakesInWhatIsNotFoldedYet) {
    change(this_hour, "sent", 3);
    run(statistics.fold());
    change(this_hour, "sent", 4, "whatsapp", "order_confirmation");
    change(this_hour, "dead", 1);
    change(this_hour, "skipped", 2);
    change(this_hour, "reason:muted", 2);
    change(this_hour, "retries", 5);
    change(this_hour, "ms:28", 10);
    change("2026-11-19T07:00:00Z", "delivered", 2, "whatsapp");
    change("2026-10-01T07:00:00Z", "sent", 1000);
    add_waiting(message_id(1));

    const auto report = run(statistics.read(3));

    EXPECT_EQ(report.total(), 12);
    EXPECT_EQ(report.by_status, (CountsByName{{"dead", 1}, {"delivered", 2}, {"sent", 7}, {"skipped", 2}}));
    EXPECT_EQ(report.by_channel, (CountsByName{{"push", 6}, {"whatsapp", 6}}));
    ASSERT_EQ(report.by_channel_status.size(), 2u);
    EXPECT_EQ(report.by_channel_status.at("push"), (CountsByName{{"dead", 1}, {"sent", 3}, {"skipped", 2}}));
    EXPECT_EQ(report.by_channel_status.at("whatsapp"), (CountsByName{{"delivered", 2}, {"sent", 4}}));
    EXPECT_EQ(report.by_type, (CountsByName{{"new_lead", 8}, {"order_confirmation", 4}}));
    EXPECT_EQ(report.reasons, (CountsByName{{"muted", 2}}));
    EXPECT_EQ(report.retries, 5);
    EXPECT_EQ(report.queue_size, 1);
    EXPECT_DOUBLE_EQ(report.success_rate().value(), 0.9);
    EXPECT_DOUBLE_EQ(report.delivery_rate().value(), 2.0 / 6) << "of a push nobody hears more";
    ASSERT_TRUE(report.latency_ms);
    EXPECT_EQ(report.latency_ms->p50, 140);
    ASSERT_EQ(report.by_day.size(), 3u);
    EXPECT_EQ(report.by_day[0].day, "2026-11-19");
    EXPECT_EQ(report.by_day[0].by_status, (CountsByName{{"delivered", 2}}));
    EXPECT_TRUE(report.by_day[1].by_status.empty());
    EXPECT_EQ(text(report.from), "2026-11-19T00:00:00Z");
}

TEST_F(StatisticsTest, WhereNobodyTellsOfArrivalsThereIsNoRateOfThem) {
    change(this_hour, "sent", 3);

    const auto report = run(statistics.read(1));

    EXPECT_TRUE(report.success_rate());
    EXPECT_FALSE(report.delivery_rate());
}

TEST_F(StatisticsTest, WithoutMessagesThereAreNoRates) {
    const auto report = run(statistics.read(1));

    EXPECT_EQ(report.total(), 0);
    EXPECT_FALSE(report.success_rate());
    EXPECT_FALSE(report.delivery_rate());
    EXPECT_FALSE(report.latency_ms);
    EXPECT_EQ(report.by_day.size(), 1u);
}

}  // namespace
}  // namespace carillon::notify
