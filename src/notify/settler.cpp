#include "notify/settler.hpp"

#include <unordered_map>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/columns.hpp"
#include "notify/counts.hpp"
#include "notify/fallback.hpp"
#include "notify/receipt_store.hpp"

namespace carillon::notify {
namespace {

// `= ANY($1)` beside every join: the rows are then found by their keys however large the tables are, whatever
// the planner believed of them when it made its plan.
constexpr db::Statement settle_statement{"settle", R"sql(
    WITH mine AS (
        SELECT *
          FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                      $8::integer[], $9::text[], $10::text[], $11::text[])
            AS m (id, fence, final, status, reason, detail, again_ms, attempt, progress, provider_message_id,
                  conversation_id)),
    done AS (
        DELETE FROM notifications_queue q
         USING mine m
         WHERE q.id = ANY($1::text[]) AND q.id = m.id AND q.fence = m.fence AND m.final
        RETURNING q.id, q.event_id, q.user_id, q.step, q.fallback),
    again AS (
        UPDATE notifications_queue q
           SET state = 'waiting', due = now() + m.again_ms * interval '1 millisecond', reason = m.reason,
               attempt = m.attempt, begun_at = NULL, node = NULL, progress = m.progress
          FROM mine m
         WHERE q.id = ANY($1::text[]) AND q.id = m.id AND q.fence = m.fence AND NOT m.final
        RETURNING q.id),
    held AS (
        SELECT id, event_id, user_id, step, fallback FROM done
         UNION ALL
        SELECT id, NULL, NULL, NULL, false FROM again),
    before AS (
        SELECT l.id, l.status FROM notifications_log l WHERE l.id = ANY($1::text[])),
    logged AS (
        UPDATE notifications_log l
           SET status = CASE m.status WHEN '' THEN l.status ELSE m.status END,
               reason = m.reason,
               detail = m.detail,
               attempt = CASE WHEN m.status IN ('', 'skipped') THEN l.attempt ELSE m.attempt END,
               attention = CASE WHEN m.status IN ('failed', 'dead', 'unknown') THEN 1
                                WHEN m.status = 'skipped' THEN 2
                                WHEN m.status = 'sent' AND l.attention = 1 THEN 3
                                ELSE l.attention END,
               sent_at = CASE WHEN m.status = 'sent' THEN now() ELSE l.sent_at END,
               failed_at = CASE WHEN m.status IN ('failed', 'dead', 'unknown') THEN now() ELSE l.failed_at END,
               provider_message_id = COALESCE(m.provider_message_id, l.provider_message_id),
               conversation_id = COALESCE(m.conversation_id, l.conversation_id)
          FROM mine m
          JOIN held USING (id)
         WHERE l.id = ANY($1::text[]) AND l.id = m.id
        RETURNING l.id, l.channel, l.type, l.created_at, l.sent_at, l.status)
    SELECT g.id, g.channel, g.type, g.status, b.status AS was, h.event_id, h.user_id, h.step, h.fallback,
           (extract(epoch FROM g.created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM g.sent_at) * 1000000)::bigint AS sent_us
      FROM logged g
      JOIN held h USING (id)
      JOIN before b USING (id))sql"};

constexpr db::Statement insert_attempts{"settle_attempts", R"sql(
    INSERT INTO attempts (delivery_id, attempt, begun_at, ended_at, node, verdict, reason, answer)
    SELECT a.delivery_id, a.attempt, a.begun_at, a.ended_at, $8, a.verdict, a.reason, a.answer::jsonb
      FROM unnest($1::text[], $2::integer[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::text[], $7::text[])
        AS a (delivery_id, attempt, begun_at, ended_at, verdict, reason, answer)
        ON CONFLICT DO NOTHING)sql"};

// Whom a digest spoke for shares its fate.
constexpr db::Statement follow_heads{"settle_digests", R"sql(
    UPDATE notifications_log l
       SET status = h.status, reason = h.reason, attempt = h.attempt, attention = h.attention, sent_at = h.sent_at,
           failed_at = h.failed_at
      FROM notifications_log h
     WHERE h.id = ANY($1::text[]) AND l.digest_of = ANY($1::text[]) AND l.digest_of = h.id
       AND l.status <> h.status
    RETURNING l.channel, l.type, l.status, (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

constexpr db::Statement drop_devices{"settle_drop_devices", "DELETE FROM devices WHERE id = ANY($1::text[])"};

struct Columns {
    explicit Columns(std::span<const Ending> endings) {
        for (const auto& ending : endings) {
            ids.add(ending.id.value());
            fences.add(ending.fence);
            final.add(ending.is_final());
            statuses.add(status_of(ending.what));
            reasons.add(name_of(ending.reason));
            details.add_or_null(ending.detail);
            again.add(ending.again_in.count());
            attempts.add(ending.attempt);
            progress.add_or_null(ending.progress);
            provider_ids.add_or_null(ending.provider_message_id);
            conversations.add_or_null(ending.conversation_id);
        }
    }
    TextColumn ids, final, statuses, reasons, details, progress, provider_ids, conversations;
    NumberColumn fences, again, attempts;
};

void write_calls(db::Session& session, const std::vector<const Ending*>& endings, const std::string& node) {
    TextColumn ids, begun, ended, verdicts, reasons, answers;
    NumberColumn numbers;
    bool any = false;
    for (const auto* ending : endings) {
        if (!ending->call) continue;
        any = true;
        ids.add(ending->id.value());
        numbers.add(ending->call->number);
        begun.add(ending->call->begun);
        ended.add(ending->call->ended);
        verdicts.add(ending->call->verdict);
        reasons.add(name_of(ending->reason));
        answers.add(ending->call->answer);
    }
    if (!any) return;
    session.exec(insert_attempts, ids.array(), numbers.array(), begun.array(), ended.array(),
                 verdicts.array(), reasons.array(), answers.array(), node);
}

void count(Counts& counts, const pqxx::row& row, const Ending& ending) {
    const CountKey key{time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()};
    const std::string status = row["status"].c_str();
    counts.move(key, row["was"].c_str(), status);
    if (ending.what == Ending::What::retry) counts.add(key, "retries", 1);
    if (ending.is_final() && ending.what != Ending::What::sent)
        counts.add(key, "reason:" + std::string{name_of(ending.reason)}, 1);
    if (ending.what == Ending::What::sent)
        counts.add(key, latency_measure(time_of(row["sent_us"]) - key.at), 1);
}

void follow(db::Session& session, const std::vector<std::string>& finals, Counts& counts) {
    if (finals.empty()) return;
    for (const auto& row : session.exec(follow_heads, db::array_of(finals)))
        counts.move({time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()}, "queued",
                    row["status"].c_str());
}

// One batch on its way into the tables.
class Batch {
public:
    Batch(db::Session& session, std::span<const Ending> endings) : session_{session} {
        for (const auto& ending : endings) by_id_.emplace(ending.id.value(), &ending);
    }

    void take(const pqxx::row& row) {
        const std::string id = row["id"].c_str();
        const auto& ending = *by_id_.at(id);
        ours_.push_back(&ending);
        count(counts_, row, ending);
        auto& settled = settled_[id];
        settled.ours = true;
        settled.status = row["status"].c_str();
        settled.channel = row["channel"].c_str();
        settled.sent_at = optional_time(row["sent_us"]);
        if (!ending.is_final()) return;
        if (ending.has_receipts) with_receipts_.push_back(&ending);
        if (row["fallback"].as<bool>())
            handovers_.push_back(
                {row["event_id"].c_str(), text_or_empty(row["user_id"]), row["step"].as<int>(), ending.what});
        for (const auto& device : ending.unregistered) gone_.push_back(device.value());
    }

    void write_rest(const std::string& node) {
        std::vector<std::string> finals;
        for (const auto* ending : ours_) {
            for (const auto& device : ending->is_final() ? std::vector<DeviceId>{} : ending->unregistered)
                gone_.push_back(device.value());
            if (ending->is_final() && ending->what != Ending::What::skipped)
                finals.push_back(ending->id.value());
        }
        write_calls(session_, ours_, node);
        if (!gone_.empty()) session_.exec(drop_devices, db::array_of(gone_));
        if (!handovers_.empty()) pass_on(session_, handovers_, counts_);
        follow(session_, finals, counts_);
        for (const auto* ending : with_receipts_)
            remember_provider_id(session_, ending->id.value(), ending->provider_message_id, counts_);
        counts_.write(session_);
    }

    [[nodiscard]] Settled settled(const Ending& ending) const {
        const auto found = settled_.find(ending.id.value());
        return found == settled_.end() ? Settled{} : found->second;
    }

private:
    db::Session& session_;
    std::unordered_map<std::string, const Ending*> by_id_;
    std::vector<const Ending*> ours_;
    std::vector<const Ending*> with_receipts_;
    std::vector<Handover> handovers_;
    std::vector<std::string> gone_;
    std::unordered_map<std::string, Settled> settled_;
    Counts counts_;
};

}  // namespace

std::string_view status_of(Ending::What what) noexcept {
    switch (what) {
        case Ending::What::sent: return "sent";
        case Ending::What::retry: return "failed";
        case Ending::What::postpone: return "";  // as it was
        case Ending::What::dead: return "dead";
        case Ending::What::unknown: return "unknown";
        case Ending::What::skipped: return "skipped";
    }
    return "";
}

std::vector<Settled> write_endings(db::Session& session, std::span<const Ending> endings,
                                   const std::string& node) {
    const Columns columns{endings};
    Batch batch{session, endings};
    const auto rows =
        session.exec(settle_statement, columns.ids.array(), columns.fences.array(), columns.final.array(),
                     columns.statuses.array(), columns.reasons.array(), columns.details.array(),
                     columns.again.array(), columns.attempts.array(), columns.progress.array(),
                     columns.provider_ids.array(), columns.conversations.array());
    for (const auto& row : rows) batch.take(row);
    batch.write_rest(node);
    std::vector<Settled> answers;
    answers.reserve(endings.size());
    for (const auto& ending : endings) answers.push_back(batch.settled(ending));
    return answers;
}

Settler::Settler(db::Database& database, Settings settings)
    : endings_{database,
               {.mode = db::BatchMode::transaction, .lanes = settings.lanes, .batch_limit = 500},
               [node = settings.node](db::Session& session, std::span<const Ending> endings) {
                   return write_endings(session, endings, node);
               }} {}

asio::awaitable<Settled> Settler::write(Ending ending) {
    auto settled = co_await endings_.submit(std::move(ending));
    kill_point("settle.committed");
    co_return settled;
}

}  // namespace carillon::notify
