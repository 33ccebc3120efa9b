#include <utility>

#include "notify/history_query.hpp"
#include "notify/journal.hpp"
#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement read_attempts{"journal_attempts", R"sql(
    SELECT attempt, node, verdict, reason, answer,
           (extract(epoch FROM begun_at) * 1000000)::bigint AS begun_us,
           (extract(epoch FROM ended_at) * 1000000)::bigint AS ended_us
      FROM attempts
     WHERE delivery_id = $1
     ORDER BY begun_at)sql"};

constexpr db::Statement read_receipts{"journal_receipts", R"sql(
    SELECT provider, event_id, kind, body,
           (extract(epoch FROM occurred_at) * 1000000)::bigint AS occurred_us,
           (extract(epoch FROM received_at) * 1000000)::bigint AS received_us
      FROM receipts
     WHERE delivery_id = $1
     ORDER BY occurred_at, received_at)sql"};

constexpr db::Statement read_interventions{"journal_interventions", R"sql(
    SELECT what, actor, (extract(epoch FROM at) * 1000000)::bigint AS at_us
      FROM interventions
     WHERE delivery_id = $1
     ORDER BY at)sql"};

constexpr db::Statement read_feed_row{"journal_feed_row", R"sql(
    SELECT user_id, seq, type, (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM read_at) * 1000000)::bigint AS read_us
      FROM feed
     WHERE user_id = $1 AND seq = $2)sql"};

// The person is the user, or the number where nobody has it: two ways into the index and no OR, which would
// read the whole event.
constexpr db::Statement read_siblings{"journal_siblings", R"sql(
    SELECT id, channel, step, status, reason
      FROM (SELECT id, channel, step, status, reason
              FROM notifications_log
             WHERE event_id = $1 AND user_id = $3 AND id >= $5
             UNION ALL
            SELECT id, channel, step, status, reason
              FROM notifications_log
             WHERE event_id = $1 AND user_id IS NULL AND $3::text IS NULL AND phone = $4 AND id >= $5) person
     WHERE id <> $2
     ORDER BY step, id)sql"};

const db::Statement& read_message() {
    static const auto text =
        std::string{"SELECT "} + message_columns +
        ", c.route, c.step, c.digest_of, c.feed_seq FROM notifications_log c WHERE c.id = $1";
    static const db::Statement statement{"journal_message", text.c_str()};
    return statement;
}

}  // namespace

std::optional<MessageFacts> select_message(db::Session& session, const std::string& id) {
    const auto rows = session.exec(read_message(), id);
    if (rows.empty()) return std::nullopt;
    const auto row = rows[0];
    MessageFacts facts;
    facts.message = message_of(row);
    facts.route = maybe_text(row["route"]);
    facts.step = row["step"].as<int>();
    facts.digest_of = maybe_text(row["digest_of"]);

    const auto& message = facts.message;
    const auto& event = message.event.value();
    facts.event = select_event(session, event);
    facts.plan = select_plan(session, event);
    facts.queue = select_waiting(session, id);
    facts.attempts = all_of(session.exec(read_attempts, id), attempt_of);
    facts.receipts = all_of(session.exec(read_receipts, id), receipt_of);
    facts.interventions = all_of(session.exec(read_interventions, id), intervention_of);
    facts.siblings =
        all_of(session.exec(read_siblings, event, id, message.user, message.phone, message_floor(event)),
               sibling_of);
    if (message.user && !row["feed_seq"].is_null()) {
        const auto seq = row["feed_seq"].as<std::int64_t>();
        facts.feed = first_of(session.exec(read_feed_row, *message.user, seq), feed_of);
        if (facts.feed) facts.readers = select_readers(session, *message.user);
    }
    return facts;
}

}  // namespace carillon::notify
