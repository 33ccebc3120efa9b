#include <utility>

#include "notify/history_query.hpp"
#include "notify/journal.hpp"
#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement count_messages{"journal_event_counts", R"sql(
    SELECT status, count(*) AS n
      FROM notifications_log
     WHERE event_id = $1 AND id >= $2
     GROUP BY status)sql"};

constexpr db::Statement count_feed{"journal_event_feed_counts", R"sql(
    SELECT count(*) AS total, count(read_at) AS read FROM feed WHERE event_id = $1)sql"};

constexpr db::Statement read_feed{"journal_event_feed", R"sql(
    SELECT user_id, seq, type, (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM read_at) * 1000000)::bigint AS read_us
      FROM feed
     WHERE event_id = $1 AND (user_id, seq) > ($2, $3)
     ORDER BY user_id, seq
     LIMIT $4)sql"};

EventCounts select_counts(db::Session& session, const std::string& id) {
    EventCounts counts;
    for (const auto& row : session.exec(count_messages, id, message_floor(id)))
        counts.by_status.emplace(row["status"].c_str(), row["n"].as<std::int64_t>());
    const auto row = session.exec(count_feed, id)[0];
    counts.feed = row["total"].as<std::int64_t>();
    counts.feed_read = row["read"].as<std::int64_t>();
    return counts;
}

void add_messages(db::Session& session, EventStory& story, EventPosition& next, int limit) {
    HistoryFilter filter;
    filter.event = story.event.id.value();
    filter.below = next.below;
    filter.limit = limit;
    auto page = select_history(session, filter);
    story.messages = std::move(page.messages);
    next.messages_end = !page.next;
    next.below = page.next.value_or("");
}

void add_feed(db::Session& session, EventStory& story, EventPosition& next, int limit) {
    const auto rows =
        session.exec(read_feed, story.event.id.value(), next.feed_user, next.feed_seq, limit + 1);
    story.feed = all_of(rows, feed_of);
    next.feed_ends = story.feed.size() <= static_cast<std::size_t>(limit);
    if (next.feed_ends) return;
    story.feed.pop_back();
    next.feed_user = story.feed.back().user;
    next.feed_seq = story.feed.back().seq;
}

}  // namespace

std::optional<EventStory> select_story(db::Session& session, const std::string& id, const EventPosition& from,
                                       int limit) {
    auto event = select_event(session, id);
    if (!event) return std::nullopt;
    EventStory story;
    story.event = std::move(*event);
    story.plan = select_plan(session, id);
    story.outbox = select_outbox(session, id);
    story.broadcasts = select_broadcasts(session, id);
    if (from.is_first()) story.counts = select_counts(session, id);

    auto next = from;
    if (!from.messages_end) add_messages(session, story, next, limit);
    if (!from.feed_ends) add_feed(session, story, next, limit);
    if (!next.messages_end || !next.feed_ends) story.next = next;
    return story;
}

}  // namespace carillon::notify
