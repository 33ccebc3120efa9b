#pragma once
// The journal's rows into its values.
#include <pqxx/pqxx>

#include "notify/columns.hpp"
#include "notify/journal_values.hpp"

namespace carillon::notify {

// As every statement names them that message_of() reads. The status is the one that is shown.
inline constexpr const char* message_columns =
    "c.id, c.event_id, c.user_id, c.phone, c.channel, c.type, c.language, c.message, c.reason, c.detail,"
    " c.reference_id, c.attempt, c.provider_message_id,"
    " CASE WHEN EXISTS (SELECT 1 FROM notifications_queue q WHERE q.id = c.id AND q.begun_at IS NOT NULL)"
    " THEN 'sending' ELSE c.status END AS status,"
    " (extract(epoch FROM c.created_at) * 1000000)::bigint AS created_us,"
    " (extract(epoch FROM c.sent_at) * 1000000)::bigint AS sent_us,"
    " (extract(epoch FROM c.delivered_at) * 1000000)::bigint AS delivered_us,"
    " (extract(epoch FROM c.read_at) * 1000000)::bigint AS read_us,"
    " (extract(epoch FROM c.failed_at) * 1000000)::bigint AS failed_us";

[[nodiscard]] inline MaybeText maybe_text(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional{text_or_empty(field)};
}

[[nodiscard]] LogMessage message_of(const pqxx::row& row);
[[nodiscard]] EventRow event_of(const pqxx::row& row);
[[nodiscard]] PlanRow plan_of(const pqxx::row& row);
[[nodiscard]] OutboxRow outbox_of(const pqxx::row& row);
[[nodiscard]] BroadcastRow broadcast_of(const pqxx::row& row);
[[nodiscard]] QueueRow queue_of(const pqxx::row& row);
[[nodiscard]] AttemptRow attempt_of(const pqxx::row& row);
[[nodiscard]] ReceiptRow receipt_of(const pqxx::row& row);
[[nodiscard]] InterventionRow intervention_of(const pqxx::row& row);
[[nodiscard]] FeedRow feed_of(const pqxx::row& row);
[[nodiscard]] ReaderRow reader_of(const pqxx::row& row);
[[nodiscard]] Sibling sibling_of(const pqxx::row& row);

template <class Value>
[[nodiscard]] std::vector<Value> all_of(const pqxx::result& rows, Value (*read)(const pqxx::row&)) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) values.push_back(read(row));
    return values;
}

template <class Value>
[[nodiscard]] std::optional<Value> first_of(const pqxx::result& rows, Value (*read)(const pqxx::row&)) {
    return rows.empty() ? std::nullopt : std::optional{read(rows[0])};
}

}  // namespace carillon::notify
