#include "notify/cancel.hpp"

#include <vector>

#include "notify/columns.hpp"
#include "notify/counts.hpp"
#include "notify/fallback.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement seen_statement{"cancel_seen", R"sql(
    WITH gone AS (
        DELETE FROM notifications_queue q
         WHERE q.user_id = $1 AND q.feed_seq BETWEEN $2::bigint AND $3::bigint AND q.state = 'waiting'
           AND ($4::boolean OR q.unless = 'acked')
        RETURNING q.id, q.step, q.fallback),
    before AS (
        SELECT l.id, l.status FROM notifications_log l WHERE l.id = ANY(ARRAY(SELECT id FROM gone)))
    UPDATE notifications_log l
       SET status = 'skipped', reason = $5, attention = 2
      FROM gone g
      JOIN before b USING (id)
     WHERE l.id = ANY(ARRAY(SELECT id FROM gone)) AND l.id = g.id
    RETURNING l.id, l.channel, l.type, b.status AS was, l.event_id, l.user_id, g.step, g.fallback,
              (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

// An attempt that is under way ends as it ends; should it fail, there is no need for another.
constexpr db::Statement seen_leased{"cancel_seen_leased", R"sql(
    UPDATE notifications_queue
       SET unless = 'read'
     WHERE user_id = $1 AND feed_seq BETWEEN $2::bigint AND $3::bigint AND state = 'leased')sql"};

constexpr db::Statement one_statement{"cancel_one", R"sql(
    WITH gone AS (
        DELETE FROM notifications_queue q WHERE q.id = $1 AND q.state = 'waiting'
        RETURNING q.id, q.step, q.fallback),
    before AS (
        SELECT l.id, l.status FROM notifications_log l WHERE l.id = $1)
    UPDATE notifications_log l
       SET status = 'skipped', reason = $2, attention = 2
      FROM gone g
      JOIN before b USING (id)
     WHERE l.id = $1 AND l.id = g.id
    RETURNING l.id, l.channel, l.type, b.status AS was, l.event_id, l.user_id, g.step, g.fallback,
              (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

// Of digests that still gather, those that joined: they have no row in the queue.
constexpr db::Statement seen_members{"cancel_seen_members", R"sql(
    UPDATE notifications_log l
       SET status = 'skipped', reason = 'already_read', attention = 2
     WHERE l.digest_of IN (SELECT head_id FROM digests WHERE user_id = $1)
       AND l.feed_seq BETWEEN $2::bigint AND $3::bigint AND l.status = 'queued'
    RETURNING l.id, l.channel, l.type, 'queued' AS was,
              (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

constexpr db::Statement drop_members{"cancel_members", R"sql(
    UPDATE notifications_log l
       SET status = 'skipped', reason = $2, attention = 2
     WHERE l.digest_of = ANY($1::text[]) AND l.status IN ('queued', 'failed')
    RETURNING l.id, l.channel, l.type, 'queued' AS was,
              (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

// A planner that has just joined one is waited for, so that whom it added is seen.
constexpr db::Statement lock_digests{"cancel_lock_digests",
                                     "SELECT 1 FROM digests WHERE head_id = ANY($1::text[]) FOR UPDATE"};

constexpr db::Statement drop_digests{"cancel_digests", "DELETE FROM digests WHERE head_id = ANY($1::text[])"};

// The next that joined speaks for the rest, when the window closes as it would have.
constexpr db::Statement promote_members{"cancel_promote", R"sql(
    WITH next AS (
        SELECT DISTINCT ON (l.digest_of) l.digest_of AS head, l.id, l.event_id, l.user_id, l.channel, l.step,
               l.feed_seq, d.closes_at
          FROM digests d
          JOIN notifications_log l ON l.digest_of = d.head_id
         WHERE d.head_id = ANY($1::text[]) AND l.status = 'queued'
         ORDER BY l.digest_of, l.id),
    heads AS (
        UPDATE digests d SET head_id = n.id FROM next n WHERE d.head_id = n.head RETURNING d.head_id),
    followers AS (
        UPDATE notifications_log l
           SET digest_of = NULLIF(n.id, l.id)
          FROM next n
         WHERE l.digest_of = n.head AND l.status = 'queued'
        RETURNING l.id)
    INSERT INTO notifications_queue (id, event_id, user_id, channel, due, state, reason, bulk, urgent, step, fallback,
                                     feed_seq, digest)
    SELECT n.id, n.event_id, n.user_id, n.channel, n.closes_at, 'waiting', 'digest', false, false, n.step, false,
           n.feed_seq, true
      FROM next n
     WHERE EXISTS (SELECT 1 FROM heads) AND EXISTS (SELECT 1 FROM followers))sql"};

class Cancellation {
public:
    Cancellation(db::Session& session, Reason reason) : session_{session}, reason_{reason} {}

    void take(const pqxx::result& rows) {
        for (const auto& row : rows) {
            count(row);
            ids_.emplace_back(row["id"].c_str());
            if (!row["fallback"].as<bool>()) continue;
            // What was seen has arrived; what an operator took out has not, and the next channel may try.
            const auto what = reason_ == Reason::dismissed ? Ending::What::skipped : Ending::What::sent;
            handovers_.push_back(
                {row["event_id"].c_str(), text_or_empty(row["user_id"]), row["step"].as<int>(), what});
        }
    }

    void take_members(const pqxx::result& rows) {
        for (const auto& row : rows) count(row);
    }

    Cancelled finish() {
        if (!ids_.empty()) leave_digests();
        bool woke = false;
        if (!handovers_.empty()) woke = pass_on(session_, handovers_, counts_);
        counts_.write(session_);
        return {cancelled_, woke};
    }

private:
    void count(const pqxx::row& row) {
        ++cancelled_;
        const CountKey key{time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()};
        counts_.move(key, row["was"].c_str(), "skipped");
        counts_.add(key, "reason:" + std::string{name_of(reason_)}, 1);
    }

    void leave_digests() {
        const auto heads = db::array_of(ids_);
        session_.exec(lock_digests, heads);
        if (reason_ != Reason::dismissed) session_.exec(promote_members, heads);
        session_.exec(drop_digests, heads);
        for (const auto& row : session_.exec(drop_members, heads, std::string{name_of(reason_)})) count(row);
    }

    db::Session& session_;
    Reason reason_;
    std::vector<std::string> ids_;
    std::vector<Handover> handovers_;
    Counts counts_;
    std::int64_t cancelled_ = 0;
};

}  // namespace

Cancelled cancel_seen(db::Session& session, const SeenPlaces& places) {
    const auto reason = places.read ? Reason::already_read : Reason::already_acked;
    Cancellation cancellation{session, reason};
    // The members first, so that none of them is made to speak for the rest.
    if (places.read) {
        cancellation.take_members(session.exec(seen_members, places.user.value(), places.from, places.to));
        session.exec(seen_leased, places.user.value(), places.from, places.to);
    }
    cancellation.take(session.exec(seen_statement, places.user.value(), places.from, places.to, places.read,
                                   std::string{name_of(reason)}));
    return cancellation.finish();
}

Cancelled cancel_one(db::Session& session, const std::string& id, Reason reason) {
    Cancellation cancellation{session, reason};
    cancellation.take(session.exec(one_statement, id, std::string{name_of(reason)}));
    return cancellation.finish();
}

}  // namespace carillon::notify
