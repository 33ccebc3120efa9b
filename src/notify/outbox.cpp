#include "notify/outbox.hpp"

#include <algorithm>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement raise_statement{"outbox_raise", R"sql(
    WITH raised AS (
        INSERT INTO events (id, type, actor, subject, payload, traceparent, created_at)
        SELECT e.id, e.type, e.actor, e.subject, e.payload::jsonb, e.traceparent, e.at
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
            AS e (id, type, actor, subject, payload, traceparent, at)
        RETURNING id)
    INSERT INTO outbox (event_id, due)
    SELECT id, now() + $8::bigint * interval '1 second' FROM raised)sql"};

constexpr db::Statement claim_statement{"outbox_claim", R"sql(
    UPDATE outbox
       SET due = now() + $2::bigint * interval '1 second', tries = tries + 1
     WHERE event_id = ANY(ARRAY(SELECT event_id FROM outbox
                                 WHERE due <= now() ORDER BY due LIMIT $1 FOR UPDATE SKIP LOCKED))
    RETURNING event_id, tries)sql"};

constexpr db::Statement leftovers_statement{"outbox_leftovers", R"sql(
    UPDATE outbox
       SET due = now() + $1::bigint * interval '1 second'
     WHERE event_id = ANY(ARRAY(SELECT event_id FROM outbox ORDER BY event_id LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING event_id, tries)sql"};

// What is beyond that comes when its lease has run out.
constexpr int most_leftovers = 5'000;

constexpr db::Statement next_statement{"outbox_next", R"sql(
    SELECT ceil(extract(epoch FROM min(due) - now()) * 1000)::bigint AS ms FROM outbox)sql"};

std::vector<Overdue> in_order(const pqxx::result& rows) {
    std::vector<Overdue> all;
    for (const auto& row : rows) all.push_back({row["event_id"].c_str(), row["tries"].as<int>()});
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
    return all;
}

}  // namespace

void Outbox::raise(db::Session& session, std::span<const Event> events) {
    TextColumn ids, types, actors, subjects, payloads, traces, times;
    for (const auto& event : events) {
        ids.add(event.id.value());
        types.add(event.type);
        actors.add_or_null(event.actor.value());
        subjects.add_or_null(event.subject);
        payloads.add(to_text(event.payload));
        traces.add_or_null(event.traceparent);
        times.add(event.at);
    }
    session.exec(raise_statement, ids.array(), types.array(), actors.array(), subjects.array(),
                 payloads.array(), traces.array(), times.array(), outbox_lease.count());
}

std::vector<Overdue> claim_outbox(db::Session& session, int limit) {
    return in_order(session.exec(claim_statement, limit, outbox_lease.count()));
}

std::vector<Overdue> claim_leftovers(db::Session& session) {
    return in_order(session.exec(leftovers_statement, outbox_lease.count(), most_leftovers));
}

std::optional<std::chrono::milliseconds> next_in_outbox(db::Session& session) {
    const auto rows = session.exec(next_statement);
    if (rows[0]["ms"].is_null()) return std::nullopt;
    return std::chrono::milliseconds{std::max<std::int64_t>(0, rows[0]["ms"].as<std::int64_t>())};
}

}  // namespace carillon::notify
