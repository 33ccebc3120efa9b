#include "notify/feed.hpp"

#include <algorithm>
#include <utility>

#include "notify/cancel.hpp"
#include "notify/columns.hpp"
#include "notify/counts.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement list_statement{"feed_list", R"sql(
    SELECT seq, event_id, type, body, read_at IS NOT NULL AS read,
           (extract(epoch FROM created_at) * 1000000)::bigint AS at_us
      FROM feed
     WHERE user_id = $1 AND seq > $2::bigint
     ORDER BY seq
     LIMIT $3)sql"};

constexpr db::Statement ends_statement{"feed_ends", R"sql(
    SELECT COALESCE((SELECT last_seq FROM feed_heads WHERE user_id = $1), 0) AS last_seq,
           COALESCE((SELECT min(seq) FROM feed WHERE user_id = $1), 0) AS first_seq,
           (SELECT count(*) FROM feed WHERE user_id = $1 AND read_at IS NULL) AS unread)sql"};

constexpr db::Statement ack_statement{"feed_ack", R"sql(
    WITH here AS (
        SELECT least($3::bigint, COALESCE((SELECT last_seq FROM feed_heads WHERE user_id = $1), 0)) AS seq)
    INSERT INTO feed_readers AS r (user_id, device, acked_seq)
    SELECT $1, $2, seq FROM here
        ON CONFLICT (user_id, device) DO UPDATE
       SET acked_seq = greatest(r.acked_seq, EXCLUDED.acked_seq), seen_at = now()
    RETURNING acked_seq)sql"};

constexpr db::Statement read_statement{"feed_read", R"sql(
    UPDATE feed SET read_at = now()
     WHERE user_id = $1 AND seq BETWEEN $2::bigint AND $3::bigint AND read_at IS NULL)sql"};

constexpr db::Statement place_statement{"feed_place",
                                        "SELECT seq FROM feed WHERE event_id = $1 AND user_id = $2"};

constexpr db::Statement show_statement{"feed_show", R"sql(
    INSERT INTO feed_readers AS r (user_id, device, foreground_until)
    VALUES ($1, $2, now() + $3::bigint * interval '1 second')
        ON CONFLICT (user_id, device) DO UPDATE SET foreground_until = EXCLUDED.foreground_until, seen_at = now())sql"};

// Before the log forgets whose they were: what waits ends here, and the counts say so.
constexpr db::Statement count_erased{"erase_counts", R"sql(
    SELECT channel, type, status, (extract(epoch FROM created_at) * 1000000)::bigint AS created_us
      FROM notifications_log
     WHERE user_id = $1 AND status IN ('queued', 'failed'))sql"};

constexpr db::Statement erase_statements[] = {
    // First: whoever is writing to the feed holds this row, and is waited for.
    {"erase_heads", "DELETE FROM feed_heads WHERE user_id = $1"},
    // What the audit counts against follows what is really there.
    {"erase_plans", R"sql(
        UPDATE event_plans p SET feed_rows = p.feed_rows - f.n
          FROM (SELECT event_id, count(*) AS n FROM feed WHERE user_id = $1 GROUP BY event_id) f
         WHERE p.event_id = f.event_id)sql"},
    {"erase_feed", "DELETE FROM feed WHERE user_id = $1"},
    {"erase_readers", "DELETE FROM feed_readers WHERE user_id = $1"},
    {"erase_digests", "DELETE FROM digests WHERE user_id = $1"},
    {"erase_conversations", "DELETE FROM conversations WHERE user_id = $1"},
    // By number: whoever has the number next starts anew.
    {"erase_contact", "DELETE FROM whatsapp_contacts WHERE phone = (SELECT phone FROM users WHERE id = $1)"},
    {"erase_queue", "DELETE FROM notifications_queue WHERE user_id = $1"},
    // Whoever waits is not told any more; of those who were told, the fact and the time stay.
    {"erase_receipts", R"sql(
        UPDATE receipts SET body = '{}'
         WHERE delivery_id IN (SELECT id FROM notifications_log WHERE user_id = $1))sql"},
    // What they wrote; by their number, as the provider writes it.
    {"erase_inbound", R"sql(
        UPDATE receipts SET body = '{}'
         WHERE kind = 'received'
           AND body->>'customer_identifier' = (SELECT substr(phone, 2) FROM users WHERE id = $1))sql"},
    // An event that nobody else was told of is theirs; of one that others know too, only their part is.
    {"erase_events", R"sql(
        UPDATE events SET payload = '{}', subject = NULL, actor = NULL
         WHERE id IN (SELECT l.event_id FROM notifications_log l WHERE l.user_id = $1)
           AND NOT EXISTS (SELECT 1 FROM notifications_log o
                            WHERE o.event_id = events.id AND o.user_id IS DISTINCT FROM $1))sql"},
    {"erase_actor",
     "UPDATE events SET actor = NULL WHERE actor = $1 AND id >= id_floor('evt_', now() - interval '400 "
     "days')"},
    {"erase_log", R"sql(
        UPDATE notifications_log
           SET user_id = NULL, phone = NULL, message = NULL, content = NULL, detail = NULL, reference_id = NULL,
               conversation_id = NULL, provider_message_id = NULL,
               status = CASE WHEN status IN ('queued', 'failed') THEN 'skipped' ELSE status END,
               reason = CASE WHEN status IN ('queued', 'failed') THEN 'erased' ELSE reason END,
               attention = CASE WHEN status IN ('queued', 'failed') THEN 2 ELSE attention END
         WHERE user_id = $1)sql"},
};

}  // namespace

asio::awaitable<Feed::Page> Feed::list(UserId user, std::int64_t after, int limit) {
    auto job = [&user, after, limit](db::Session& session) {
        Page page;
        // Where it ends first: what comes meanwhile is then in the next page, and not lost between the two.
        const auto ends = session.exec(ends_statement, user.value());
        page.last_seq = ends[0]["last_seq"].as<std::int64_t>();
        page.first_seq = ends[0]["first_seq"].as<std::int64_t>();
        page.unread = ends[0]["unread"].as<std::int64_t>();
        for (const auto& row : session.exec(list_statement, user.value(), after, limit)) {
            page.items.push_back({EventId{row["event_id"].c_str()}, user, row["type"].c_str(),
                                  std::make_shared<const std::string>(row["body"].c_str()),
                                  row["seq"].as<std::int64_t>(), time_of(row["at_us"])});
            page.read.push_back(row["read"].as<bool>());
        }
        return page;
    };
    co_return co_await database_.read(std::move(job));
}

asio::awaitable<std::int64_t> Feed::acknowledge(UserId user, std::string device, std::int64_t seq) {
    auto job = [&user, &device, seq](db::Session& session) {
        const auto rows = session.exec(ack_statement, user.value(), device, seq);
        const auto acked = rows[0]["acked_seq"].as<std::int64_t>();
        cancel_seen(session, {user, 1, acked, false});
        return acked;
    };
    co_return co_await database_.transact(std::move(job));
}

asio::awaitable<Feed::Read> Feed::mark_read(UserId user, std::int64_t seq) {
    EventId none;
    co_return co_await read_between(std::move(user), std::move(none), seq, seq);
}

asio::awaitable<Feed::Read> Feed::mark_all_read(UserId user, std::int64_t up_to) {
    EventId none;
    co_return co_await read_between(std::move(user), std::move(none), 1, up_to);
}

asio::awaitable<std::optional<Feed::Read>> Feed::mark_event_read(UserId user, EventId event) {
    auto job = [&user, &event](db::Session& session) -> std::int64_t {
        const auto rows = session.exec(place_statement, event.value(), user.value());
        return rows.empty() ? 0 : rows[0]["seq"].as<std::int64_t>();
    };
    const auto seq = co_await database_.read(std::move(job));
    if (seq == 0) co_return std::nullopt;
    co_return co_await read_between(std::move(user), std::move(event), seq, seq);
}

asio::awaitable<Feed::Read> Feed::read_between(UserId user, EventId event, std::int64_t from,
                                               std::int64_t to) {
    auto job = [&user, from, to](db::Session& session) {
        Read read;
        // A place that does not exist yet cannot have been read.
        const auto ends = session.exec(ends_statement, user.value());
        const auto last = std::min(to, ends[0]["last_seq"].as<std::int64_t>());
        read.marked =
            static_cast<std::int64_t>(session.exec(read_statement, user.value(), from, last).affected_rows());
        read.cancelled = cancel_seen(session, {user, from, last, true}).count;
        read.from = from;
        read.to = last;
        return read;
    };
    const auto read = co_await database_.transact(std::move(job));
    if (read.marked > 0 && on_read_) {
        const ReadNews news{user, std::move(event), read.from, read.to, read.marked};
        on_read_(news);
    }
    co_return read;
}

asio::awaitable<void> Feed::show(UserId user, std::string device, std::chrono::seconds time) {
    auto job = [&user, &device, time](db::Session& session) {
        session.exec(show_statement, user.value(), device, time.count());
    };
    co_await database_.transact(std::move(job));
}

void erase_traces(db::Session& session, const UserId& user) {
    Counts counts;
    for (const auto& row : session.exec(count_erased, user.value())) {
        const CountKey key{time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()};
        counts.move(key, row["status"].c_str(), "skipped");
        counts.add(key, "reason:erased", 1);
    }
    counts.write(session);
    for (const auto& statement : erase_statements) session.exec(statement, user.value());
}

}  // namespace carillon::notify
