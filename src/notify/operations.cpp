#include "notify/operations.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "notify/cancel.hpp"
#include "notify/columns.hpp"
#include "notify/counts.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement lock_message{"operation_lock", R"sql(
    SELECT l.status, l.channel, l.type, l.user_id IS NULL AND l.phone IS NULL AS nobody, l.message IS NULL AS unwritten,
           (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us
      FROM notifications_log l
     WHERE l.id = $1
       FOR UPDATE)sql"};

constexpr db::Statement lock_queued{"operation_lock_queued", R"sql(
    SELECT state FROM notifications_queue WHERE id = $1 FOR UPDATE)sql"};

constexpr db::Statement enqueue{"operation_enqueue", R"sql(
    WITH message AS (
        UPDATE notifications_log
           SET status = 'queued', reason = 'none', detail = NULL, failed_at = NULL, digest_of = NULL, attempt = 0,
               attention = CASE attention WHEN 0 THEN 0 ELSE 3 END
         WHERE id = $1
        RETURNING id, event_id, user_id, channel, step, feed_seq)
    INSERT INTO notifications_queue (id, event_id, user_id, channel, due, state, reason, bulk, urgent, step, fallback,
                                     feed_seq)
    SELECT id, event_id, user_id, channel, now(), 'waiting', 'none', false, true, step, false, feed_seq
      FROM message)sql"};

constexpr db::Statement hasten{"operation_hasten", R"sql(
    UPDATE notifications_queue SET due = now(), reason = 'none', unless = NULL, urgent = true WHERE id = $1)sql"};

constexpr db::Statement note{"operation_note", R"sql(
    INSERT INTO interventions (delivery_id, what, actor) VALUES ($1, $2, $3))sql"};

constexpr db::Statement list_queue{"operation_queue", R"sql(
    SELECT q.id, q.event_id, q.user_id, q.channel, q.state, q.reason, q.node, q.attempt, l.type,
           CASE WHEN q.due < 'infinity' THEN (extract(epoch FROM q.due) * 1000000)::bigint END AS due_us,
           (extract(epoch FROM q.first_at) * 1000000)::bigint AS first_us
      FROM (SELECT * FROM notifications_queue WHERE id > $1 ORDER BY id LIMIT $2) q
      JOIN notifications_log l ON l.id = q.id
     ORDER BY q.id)sql"};

constexpr db::Statement queue_numbers{"operation_numbers", R"sql(
    SELECT count(*) AS size, count(*) FILTER (WHERE due <= now()) AS overdue,
           COALESCE(extract(epoch FROM now() - min(due) FILTER (WHERE due <= now())), 0)::float8 AS oldest
      FROM notifications_queue)sql"};

constexpr db::Statement tally_statement{"operation_tally", R"sql(
    SELECT count(*) FILTER (WHERE status IN ('sent', 'delivered', 'read')) AS sent,
           count(*) FILTER (WHERE status IN ('dead', 'unknown', 'skipped')) AS failed,
           count(*) FILTER (WHERE status IN ('queued', 'sending', 'failed')) AS requeued
      FROM notifications_log
     WHERE id = ANY($1::text[]))sql"};

constexpr db::Statement resume_statement{"operation_resume", "DELETE FROM channel_pauses WHERE channel = $1"};
// What the pause itself put off need not wait for its end.
constexpr db::Statement hasten_paused{"operation_hasten_paused", R"sql(
    UPDATE notifications_queue
       SET due = now(), reason = 'none'
     WHERE channel = $1 AND state = 'waiting' AND due > now() AND due < 'infinity'
       AND reason IN ('provider_paused', 'wallet_empty', 'number_disabled', 'account_blocked', 'credentials_refused',
                      'provider_error'))sql"};
constexpr db::Statement pauses_statement{"operation_pauses", R"sql(
    SELECT channel, ceil(extract(epoch FROM until - now()))::bigint AS left_s
      FROM channel_pauses WHERE until > now())sql"};

constexpr std::array<std::string_view, 4> resendable{"failed", "dead", "skipped", "unknown"};

Error no_such_message() {
    return {Failure::not_found, "no such message"};
}

Error not_now(std::string_view status, std::string_view wanted) {
    return {Failure::conflict, "wrong_status",
            "the message is " + std::string{status} + "; only one that " + std::string{wanted}};
}

void count_move(db::Session& session, const pqxx::row& row, std::string_view to) {
    Counts counts;
    counts.move({time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()},
                row["status"].c_str(), to);
    counts.write(session);
}

Result<std::string> resend_in(db::Session& session, const std::string& id, const std::string& by) {
    // The queue's row first, as everywhere, so that nobody waits for anybody in a circle.
    const auto queued = session.exec(lock_queued, id);
    const auto rows = session.exec(lock_message, id);
    if (rows.empty()) return no_such_message();
    const std::string status = rows[0]["status"].c_str();
    if (std::find(resendable.begin(), resendable.end(), status) == resendable.end() || !queued.empty())
        return not_now(queued.empty() ? status : "still in the queue",
                       "has failed, died, been skipped or whose end is unknown can be sent again");
    if (rows[0]["nobody"].as<bool>() || rows[0]["unwritten"].as<bool>())
        return not_now("one that was never written to anybody",
                       "has a text and an address can be sent again");
    session.exec(enqueue, id);
    session.exec(note, id, "resend", by);
    count_move(session, rows[0], "queued");
    return std::string{rows[0]["channel"].c_str()};
}

Result<std::string> change_waiting(db::Session& session, const std::string& id, const std::string& by,
                                   bool dismiss) {
    const auto queued = session.exec(lock_queued, id);
    const auto rows = session.exec(lock_message, id);
    if (rows.empty()) return no_such_message();
    if (queued.empty()) return not_now(rows[0]["status"].c_str(), "waits in the queue can be changed there");
    if (std::string_view{queued[0]["state"].c_str()} == "leased")
        return not_now("being sent", "waits in the queue can be changed there");
    session.exec(note, id, dismiss ? "dismiss" : "retry", by);
    if (dismiss)
        cancel_one(session, id, Reason::dismissed);
    else
        session.exec(hasten, id);
    return std::string{rows[0]["channel"].c_str()};
}

}  // namespace

asio::awaitable<Result<std::string>> Operations::resend(DeliveryId id, UserId by) {
    auto job = [&id, &by](db::Session& session) { return resend_in(session, id.value(), by.value()); };
    co_return co_await database_.transact(std::move(job));
}

asio::awaitable<Result<std::string>> Operations::retry(DeliveryId id, UserId by) {
    auto job = [&id, &by](db::Session& session) {
        return change_waiting(session, id.value(), by.value(), false);
    };
    co_return co_await database_.transact(std::move(job));
}

asio::awaitable<Result<std::string>> Operations::dismiss(DeliveryId id, UserId by) {
    auto job = [&id, &by](db::Session& session) {
        return change_waiting(session, id.value(), by.value(), true);
    };
    co_return co_await database_.transact(std::move(job));
}

asio::awaitable<std::vector<QueueEntry>> Operations::list(std::string after, int limit) {
    auto job = [&after, limit](db::Session& session) {
        std::vector<QueueEntry> entries;
        for (const auto& row : session.exec(list_queue, after, limit)) {
            QueueEntry entry;
            entry.id = row["id"].c_str();
            entry.event_id = row["event_id"].c_str();
            entry.user_id = text_or_empty(row["user_id"]);
            entry.channel = row["channel"].c_str();
            entry.state = row["state"].c_str();
            entry.reason = row["reason"].c_str();
            entry.type = row["type"].c_str();
            entry.node = text_or_empty(row["node"]);
            entry.attempt = row["attempt"].as<int>();
            entry.due = optional_time(row["due_us"]);
            entry.first_at = time_of(row["first_us"]);
            entries.push_back(std::move(entry));
        }
        return entries;
    };
    co_return co_await database_.read(std::move(job));
}

asio::awaitable<QueueNumbers> Operations::numbers() {
    auto job = [](db::Session& session) {
        const auto rows = session.exec(queue_numbers);
        return QueueNumbers{rows[0]["size"].as<std::int64_t>(), rows[0]["overdue"].as<std::int64_t>(),
                            rows[0]["oldest"].as<double>()};
    };
    co_return co_await database_.read(std::move(job));
}

asio::awaitable<Operations::Tally> Operations::tally(std::vector<DeliveryId> ids) {
    auto job = [&ids](db::Session& session) {
        TextColumn column;
        for (const auto& id : ids) column.add(id.value());
        const auto rows = session.exec(tally_statement, column.array());
        return Tally{rows[0]["sent"].as<std::int64_t>(), rows[0]["failed"].as<std::int64_t>(),
                     rows[0]["requeued"].as<std::int64_t>()};
    };
    co_return co_await database_.read(std::move(job));
}

asio::awaitable<void> Operations::resume(std::string channel) {
    auto job = [&channel](db::Session& session) {
        session.exec(resume_statement, channel);
        session.exec(hasten_paused, channel);
    };
    co_await database_.transact(std::move(job));
}

asio::awaitable<std::vector<Operations::Pause>> Operations::pauses() {
    auto job = [](db::Session& session) {
        std::vector<Pause> pauses;
        for (const auto& row : session.exec(pauses_statement))
            pauses.push_back(
                {row["channel"].c_str(), std::chrono::seconds{row["left_s"].as<std::int64_t>()}});
        return pauses;
    };
    co_return co_await database_.read(std::move(job));
}

}  // namespace carillon::notify
