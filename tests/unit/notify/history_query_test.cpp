#include "notify/history_query.hpp"

#include <gmock/gmock.h>

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

HistoryFilter with_status(const char* status) {
    HistoryFilter filter;
    filter.status = status;
    return filter;
}

TEST(HistoryQuery, TheNarrowestKeyIsTheSource) {
    HistoryFilter filter;
    EXPECT_EQ(choose_source(filter).source, HistorySource::all);
    filter.status = "dead";
    EXPECT_EQ(choose_source(filter).source, HistorySource::troubled);
    filter.user = "ada";
    EXPECT_EQ(choose_source(filter).source, HistorySource::user);
    filter.phone = "+237691924173";
    EXPECT_EQ(choose_source(filter).source, HistorySource::phone);
    filter.reference = "order-1";
    EXPECT_EQ(choose_source(filter).source, HistorySource::reference);
    filter.event = "evt_a";
    EXPECT_EQ(choose_source(filter).source, HistorySource::event);
}

TEST(HistoryQuery, EachStatusHasItsIndex) {
    const std::pair<const char*, HistorySource> rows[] = {
        {"queued", HistorySource::queue},     {"sending", HistorySource::queue},
        {"failed", HistorySource::troubled},  {"dead", HistorySource::troubled},
        {"unknown", HistorySource::troubled}, {"skipped", HistorySource::skipped},
        {"retried", HistorySource::retried},  {"sent", HistorySource::all},
        {"delivered", HistorySource::all},    {"read", HistorySource::all},
    };
    ASSERT_EQ(std::size(rows), history_statuses().size());
    for (const auto& [status, source] : rows)
        EXPECT_EQ(choose_source(with_status(status)).source, source) << status;
}

TEST(HistoryQuery, FailedTakesInDeadAndRetriedIsNoStatus) {
    EXPECT_THAT(choose_source(with_status("failed")).statuses, ElementsAre("failed", "dead"));
    EXPECT_THAT(choose_source(with_status("dead")).statuses, ElementsAre("dead"));
    EXPECT_THAT(choose_source(with_status("retried")).statuses, IsEmpty());
    EXPECT_EQ(choose_source(with_status("retried")).attempts, 2);
    EXPECT_EQ(choose_source({}).attempts, 0);
}

TEST(HistoryQuery, EverySourceHasTextsOfItsOwn) {
    std::set<std::string> names;
    for (int i = 0; i < history_sources; ++i) {
        const auto& texts = texts_of(static_cast<HistorySource>(i));
        EXPECT_TRUE(names.insert(texts.page_name).second);
        EXPECT_TRUE(names.insert(texts.window_name).second);
        EXPECT_THAT(texts.page, HasSubstr("LIMIT $3"));
    }
}

TEST(HistoryQuery, AFloorIsAsLongAsAnIdsTime) {
    EXPECT_EQ(id_floor("msg_", Time{}), "msg_000000000000");
    EXPECT_EQ(id_floor("evt_", Time{std::chrono::milliseconds{0x0192f3a1b2c3}}), "evt_0192f3a1b2c3");
    EXPECT_EQ(id_floor("msg_", Time{std::chrono::seconds{-1}}), "msg_000000000000");
}

TEST(HistoryQuery, AnEventsMessagesBeginAnHourBeforeItAtTheEarliest) {
    const auto hour = 0x36ee80;  // in milliseconds
    EXPECT_EQ(message_floor("evt_0192f3a1b2c3d4e5"),
              id_floor("msg_", Time{std::chrono::milliseconds{0x0192f3a1b2c3 - hour}}));
    for (const auto* odd : {"", "evt_", "evt_12", "evt_nothexadecim", "msg_0192f3a1b2c3"})
        EXPECT_EQ(message_floor(odd), "") << odd;
}

}  // namespace
}  // namespace carillon::notify
