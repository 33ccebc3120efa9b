#include "notify/receipt_store.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "notify/columns.hpp"
#include "notify/fallback.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement insert_receipt{"receipt_insert", R"sql(
    INSERT INTO receipts (provider, event_id, kind, delivery_id, provider_message_id, occurred_at, body)
    VALUES ($1, $2, $3, $4, NULLIF($5, ''), $6, $7)
        ON CONFLICT DO NOTHING)sql"};

// Our own id first, which a provider gives back, but only if there is such a message.
constexpr db::Statement find_delivery{"receipt_find", R"sql(
    SELECT COALESCE((SELECT id FROM notifications_log WHERE id = $3 AND channel = $1),
                    (SELECT delivery_id FROM provider_messages
                      WHERE provider = $1 AND provider_message_id = $2)) AS id)sql"};

// Waits for an attempt's end that is being written, and then finds the row gone.
constexpr db::Statement lock_queue_row{"receipt_lock", R"sql(
    SELECT begun_at IS NOT NULL OR state = 'leased' AS busy
      FROM notifications_queue WHERE id = $1 FOR UPDATE)sql"};

constexpr db::Statement forget_queue_row{"receipt_unqueue", R"sql(
    DELETE FROM notifications_queue WHERE id = $1 AND state = 'waiting')sql"};

constexpr db::Statement remember_statement{"receipt_remember", R"sql(
    INSERT INTO provider_messages (provider, provider_message_id, delivery_id)
    SELECT channel, $2, id FROM notifications_log WHERE id = $1
        ON CONFLICT DO NOTHING)sql"};

constexpr db::Statement adopt_early{"receipt_adopt", R"sql(
    UPDATE receipts SET delivery_id = $1
     WHERE delivery_id IS NULL AND provider_message_id = $2
       AND provider = (SELECT channel FROM notifications_log WHERE id = $1))sql"};

constexpr db::Statement list_receipts{"receipt_list", R"sql(
    SELECT kind, provider_message_id, (extract(epoch FROM occurred_at) * 1000000)::bigint AS at_us, body->>'reason' AS reason,
           body->>'detail' AS detail
      FROM receipts
     WHERE delivery_id = $1 AND NOT applied
       -- What was said of an earlier attempt is not said of this one.
       AND ($2 = '' OR provider_message_id IS NULL OR provider_message_id = $2)
     ORDER BY occurred_at)sql"};

constexpr db::Statement mark_applied{"receipt_applied", R"sql(
    UPDATE receipts SET applied = true WHERE delivery_id = $1 AND NOT applied)sql"};

// A receipt and the end of its attempt may both be looking for the other: one after the other they find it.
constexpr db::Statement lock_name{"receipt_lock_name",
                                  "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"};

// Up only. A time that was skipped is filled in from the one above it.
constexpr db::Statement apply_statement{"receipt_apply", R"sql(
    WITH before AS (
        SELECT id, status FROM notifications_log WHERE id = $1 FOR UPDATE)
    UPDATE notifications_log l
       SET status = $2,
           reason = $3,
           detail = COALESCE(NULLIF($4, ''), l.detail),
           sent_at = COALESCE(l.sent_at, $5::timestamptz),
           delivered_at = CASE WHEN $2 IN ('delivered', 'read') THEN COALESCE(l.delivered_at, $5::timestamptz)
                               ELSE l.delivered_at END,
           read_at = CASE WHEN $2 = 'read' THEN COALESCE(l.read_at, $5::timestamptz) ELSE l.read_at END,
           failed_at = CASE WHEN $2 = 'dead' THEN $5::timestamptz ELSE l.failed_at END,
           attention = CASE WHEN $2 = 'dead' THEN 1 WHEN l.attention = 1 THEN 3 ELSE l.attention END,
           provider_message_id = COALESCE(l.provider_message_id, NULLIF($7, ''))
      FROM before b
     WHERE l.id = $1 AND b.id = l.id AND b.status = ANY($6::text[])
    RETURNING b.status AS was, l.channel, l.type, l.event_id, l.user_id, l.step,
              (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

constexpr db::Statement stop_statement{"receipt_stop", R"sql(
    INSERT INTO whatsapp_contacts AS c (phone, opted_out_at)
    SELECT DISTINCT phone, now() FROM notifications_log WHERE id = ANY($1::text[]) AND phone IS NOT NULL
        ON CONFLICT (phone) DO UPDATE SET opted_out_at = COALESCE(c.opted_out_at, EXCLUDED.opted_out_at))sql"};

constexpr db::Statement good_news{"receipt_good_news", R"sql(
    SELECT 1 FROM receipts
     WHERE delivery_id = $1 AND NOT applied AND kind IN ('sent', 'delivered', 'read') LIMIT 1)sql"};

struct Step {
    const char* kind;
    const char* status;
    Reason reason;
    const char* below;  // the states it may follow
};
constexpr Step steps[] = {
    {"sent", "sent", Reason::accepted, "{queued,sending,failed,unknown,dead}"},
    {"delivered", "delivered", Reason::delivered, "{queued,sending,failed,unknown,dead,sent}"},
    {"read", "read", Reason::read, "{queued,sending,failed,unknown,dead,sent,delivered}"},
    {"failed", "dead", Reason::receipt_failed, "{queued,sending,failed,unknown,sent}"},
};

bool is_known(std::string_view kind) {
    return std::any_of(std::begin(steps), std::end(steps),
                       [kind](const Step& step) { return kind == step.kind; });
}

struct News {
    std::string kind;
    std::string reason;
    std::string detail;
    Time at;
    std::string provider_message_id;
};

bool apply(db::Session& session, const std::string& id, const News& news, Counts& counts) {
    for (const auto& step : steps) {
        if (news.kind != step.kind) continue;
        const auto reason = reason_named(news.reason).value_or(step.reason);
        const auto rows =
            session.exec(apply_statement, id, step.status, std::string{name_of(reason)}, news.detail,
                         to_rfc3339(news.at), step.below, news.provider_message_id);
        for (const auto& row : rows) {
            const CountKey key{time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()};
            counts.move(key, row["was"].c_str(), step.status);
            const bool failed = std::string_view{step.status} == "dead";
            if (failed) counts.add(key, "reason:" + std::string{name_of(reason)}, 1);
            if (reason == Reason::recipient_stopped) record_stops(session, {id});
            pass_on(session,
                    {{row["event_id"].c_str(), text_or_empty(row["user_id"]), row["step"].as<int>(),
                      failed ? Ending::What::dead : Ending::What::sent}},
                    counts);
        }
        return !rows.empty();
    }
    return false;
}

}  // namespace

Receiving store_receipt(db::Session& session, const Receipt& receipt) {
    if (!receipt.provider_message_id.empty()) session.exec(lock_name, receipt.provider_message_id);
    const auto found =
        session.exec(find_delivery, receipt.provider, receipt.provider_message_id, receipt.delivery_id);
    const auto id = text_or_empty(found[0]["id"]);
    auto body = receipt.body;
    const std::string reason{receipt.reason == Reason::none ? std::string_view{} : name_of(receipt.reason)};
    if (!reason.empty()) body["reason"] = reason;
    if (!receipt.detail.empty()) body["detail"] = receipt.detail;
    const auto stored = session.exec(insert_receipt, receipt.provider, receipt.event_id, receipt.kind,
                                     id.empty() ? nullptr : id.c_str(), receipt.provider_message_id,
                                     to_rfc3339(receipt.occurred_at), to_text(body));
    if (stored.affected_rows() == 0) return Receiving::repeated;
    if (id.empty()) return Receiving::unknown_message;
    if (!is_known(receipt.kind)) return Receiving::applied;  // kept, and changes nothing

    const auto queued = session.exec(lock_queue_row, id);
    if (!queued.empty() && queued[0]["busy"].as<bool>()) return Receiving::early;
    // A retry waits for something that has arrived after all.
    if (!queued.empty() && receipt.kind != "failed") session.exec(forget_queue_row, id);
    if (!queued.empty() && receipt.kind == "failed") return Receiving::early;
    Counts counts;
    // Of a message whose answer was lost this is the first we hear of the provider's name for it.
    if (!receipt.provider_message_id.empty())
        session.exec(remember_statement, id, receipt.provider_message_id);
    apply(session, id,
          {receipt.kind, reason, receipt.detail, receipt.occurred_at, receipt.provider_message_id}, counts);
    session.exec(mark_applied, id);
    counts.write(session);
    return Receiving::applied;
}

bool arrived_after_all(db::Session& session, const std::string& delivery_id, Counts& counts) {
    if (session.exec(good_news, delivery_id).empty()) return false;
    session.exec(forget_queue_row, delivery_id);
    remember_provider_id(session, delivery_id, {}, counts);
    return true;
}

void record_stops(db::Session& session, const std::vector<std::string>& delivery_ids) {
    session.exec(stop_statement, db::array_of(delivery_ids));
}

void remember_provider_id(db::Session& session, const std::string& delivery_id,
                          const std::string& provider_message_id, Counts& counts) {
    if (!provider_message_id.empty()) {
        session.exec(lock_name, provider_message_id);
        session.exec(remember_statement, delivery_id, provider_message_id);
        session.exec(adopt_early, delivery_id, provider_message_id);
    }
    std::vector<News> all;
    for (const auto& row : session.exec(list_receipts, delivery_id, provider_message_id))
        all.push_back({row["kind"].c_str(), text_or_empty(row["reason"]), text_or_empty(row["detail"]),
                       time_of(row["at_us"]), text_or_empty(row["provider_message_id"])});
    for (const auto& news : all) apply(session, delivery_id, news, counts);
    session.exec(mark_applied, delivery_id);
}

}  // namespace carillon::notify
