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

constexpr db::Statement settle_statement{"settle", R"sql(
    WITH mine AS MATERIALIZED (
        SELECT *
          FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                      $8::integer[], $9::text[], $10::text[], $11::text[], $12::integer[], $13::timestamptz[],
                      $14::timestamptz[], $15::text[], $16::text[])
            AS m (id, fence, final, status, reason, detail, again_ms, attempt, progress, provider_message_id,
                  conversation_id, call, begun_at, ended_at, verdict, answer)),
    -- In the order of the ids, as everywhere, so that nobody waits in a circle.
    locked AS MATERIALIZED (
        SELECT id FROM notifications_queue WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE),
    done AS (
        DELETE FROM notifications_queue q
         USING mine m
          JOIN locked k ON k.id = m.id
         WHERE q.id = m.id AND q.fence = m.fence AND m.final
        RETURNING q.id, q.fence, q.event_id, q.user_id, q.step, q.fallback, q.digest),
    again AS (
        UPDATE notifications_queue q
           SET state = 'waiting', due = now() + m.again_ms * interval '1 millisecond', reason = m.reason,
               attempt = m.attempt, begun_at = NULL, node = NULL, progress = m.progress
          FROM mine m
          JOIN locked k ON k.id = m.id
         WHERE q.id = m.id AND q.fence = m.fence AND NOT m.final
        RETURNING q.id, q.fence, q.digest),
    held AS MATERIALIZED (
        SELECT id, fence, event_id, user_id, step, fallback, digest FROM done
         UNION ALL
        SELECT id, fence, NULL, NULL, NULL, false, digest FROM again),
    called AS (
        INSERT INTO attempts (delivery_id, attempt, begun_at, ended_at, node, verdict, reason, answer)
        SELECT m.id, m.call, m.begun_at, m.ended_at, $17, m.verdict, m.reason, m.answer::jsonb
          FROM mine m
          JOIN held USING (id, fence)
         WHERE m.call > 0
            ON CONFLICT DO NOTHING),
    before AS (
        SELECT l.id, l.status FROM held h JOIN notifications_log l ON l.id = h.id),
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
          JOIN held USING (id, fence)
         WHERE l.id = m.id
        RETURNING l.id, l.channel, l.type, l.created_at, l.sent_at, l.status)
    SELECT g.id, g.channel, g.type, g.status, b.status AS was, h.fence, h.event_id, h.user_id, h.step, h.fallback, h.digest,
           (extract(epoch FROM g.created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM g.sent_at) * 1000000)::bigint AS sent_us
      FROM logged g
      JOIN held h USING (id)
      JOIN before b USING (id))sql"};

// Whom a digest spoke for shares its fate.
constexpr db::Statement follow_heads{"settle_digests", R"sql(
    UPDATE notifications_log l
       SET status = h.status, reason = h.reason, attempt = h.attempt, attention = h.attention, sent_at = h.sent_at,
           failed_at = h.failed_at
      FROM notifications_log h
     WHERE h.id = $1 AND l.digest_of = $1 AND l.status IN ('queued', 'failed') AND l.status <> h.status
    RETURNING l.channel, l.type, l.status, (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

constexpr db::Statement drop_devices{"settle_drop_devices", "DELETE FROM devices WHERE id = ANY($1::text[])"};

constexpr db::Statement flag_devices{"settle_flag_devices",
                                     "UPDATE devices SET unusable_at = now() WHERE id = ANY($1::text[])"};

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
            add_call(ending);
        }
    }
    void add_call(const Ending& ending) {
        calls.add(ending.call ? ending.call->number : 0);
        begun.add(ending.call ? std::optional{ending.call->begun} : std::nullopt);
        ended.add(ending.call ? std::optional{ending.call->ended} : std::nullopt);
        verdicts.add_or_null(ending.call ? ending.call->verdict : std::string{});
        answers.add_or_null(ending.call ? ending.call->answer : std::string{});
    }
    TextColumn ids, final, statuses, reasons, details, progress, provider_ids, conversations, begun, ended,
        verdicts, answers;
    NumberColumn fences, again, attempts, calls;
};

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

void follow(db::Session& session, const std::vector<std::string>& heads, Counts& counts) {
    for (const auto& head : heads) {
        for (const auto& row : session.exec(follow_heads, head))
            counts.move({time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()}, "queued",
                        row["status"].c_str());
    }
}

// It did not go out because it had arrived.
bool seen(const Ending& ending) {
    return ending.reason == Reason::already_acked || ending.reason == Reason::already_read;
}

// One batch on its way into the tables.
class Batch {
public:
    Batch(db::Session& session, std::span<const Ending> endings) : session_{session} {
        for (const auto& ending : endings) by_key_.emplace(key_of(ending.id.value(), ending.fence), &ending);
    }

    void take(const pqxx::row& row) {
        const std::string id = row["id"].c_str();
        const auto key = key_of(id, row["fence"].as<std::int64_t>());
        const auto& ending = *by_key_.at(key);
        count(counts_, row, ending);
        auto& settled = settled_[key];
        settled.ours = true;
        settled.status = row["status"].c_str();
        settled.channel = row["channel"].c_str();
        settled.sent_at = optional_time(row["sent_us"]);
        for (const auto& device : ending.unregistered) gone_.push_back(device.value());
        for (const auto& device : ending.unusable) flagged_.push_back(device.value());
        if (ending.reason == Reason::recipient_stopped) stopped_.push_back(id);
        if (ending.what == Ending::What::retry && ending.has_receipts) doubtful_.push_back(&ending);
        if (!ending.is_final()) return;
        if (row["digest"].as<bool>()) heads_.push_back(id);
        if (ending.has_receipts) with_receipts_.push_back(&ending);
        if (row["fallback"].as<bool>())
            handovers_.push_back({row["event_id"].c_str(), text_or_empty(row["user_id"]),
                                  row["step"].as<int>(), seen(ending) ? Ending::What::sent : ending.what});
    }

    void write_rest() {
        if (!gone_.empty()) session_.exec(drop_devices, db::array_of(gone_));
        if (!flagged_.empty()) session_.exec(flag_devices, db::array_of(flagged_));
        if (!stopped_.empty()) record_stops(session_, stopped_);
        if (!handovers_.empty()) woke_ = pass_on(session_, handovers_, counts_);
        follow(session_, heads_, counts_);
        for (const auto* ending : doubtful_) arrived_after_all(session_, ending->id.value(), counts_);
        for (const auto* ending : with_receipts_)
            remember_provider_id(session_, ending->id.value(), ending->provider_message_id, counts_);
        counts_.write(session_);
    }

    [[nodiscard]] Settled settled(const Ending& ending) const {
        const auto found = settled_.find(key_of(ending.id.value(), ending.fence));
        if (found == settled_.end()) return {};
        auto settled = found->second;
        settled.woke_another = woke_;
        return settled;
    }

private:
    // A delivery may be twice in a batch: an end that came too late, and that of whoever has it now.
    static std::string key_of(const std::string& id, std::int64_t fence) {
        return id + "/" + std::to_string(fence);
    }

    db::Session& session_;
    std::unordered_map<std::string, const Ending*> by_key_;
    std::vector<const Ending*> with_receipts_;
    std::vector<const Ending*> doubtful_;  // to be tried again, unless a receipt knows better
    std::vector<Handover> handovers_;
    std::vector<std::string> gone_;
    std::vector<std::string> flagged_;
    std::vector<std::string> stopped_;  // whose reader wants no more of these
    std::vector<std::string> heads_;
    std::unordered_map<std::string, Settled> settled_;
    Counts counts_;
    bool woke_ = false;
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
    const auto rows = session.exec_anew(
        settle_statement, columns.ids.array(), columns.fences.array(), columns.final.array(),
        columns.statuses.array(), columns.reasons.array(), columns.details.array(), columns.again.array(),
        columns.attempts.array(), columns.progress.array(), columns.provider_ids.array(),
        columns.conversations.array(), columns.calls.array(), columns.begun.array(), columns.ended.array(),
        columns.verdicts.array(), columns.answers.array(), node);
    for (const auto& row : rows) batch.take(row);
    batch.write_rest();
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
