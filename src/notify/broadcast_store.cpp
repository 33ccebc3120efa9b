#include "notify/broadcast_store.hpp"

#include <algorithm>

#include "notify/columns.hpp"
#include "notify/people.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement insert_statement{"broadcast_insert", R"sql(
    INSERT INTO broadcasts (id, event_id, route, total, due) VALUES ($1, $2, $3, $4, now()))sql"};

constexpr db::Statement take_statement{"broadcast_take", R"sql(
    SELECT id, event_id, route, total, planned, position
      FROM broadcasts
     WHERE status = 'running' AND due <= now()
     ORDER BY due
     LIMIT 1
       FOR UPDATE SKIP LOCKED)sql"};

constexpr db::Statement put_off_statement{"broadcast_put_off", R"sql(
    UPDATE broadcasts
       SET due = now() + interval '30 seconds'
     WHERE id = (SELECT id FROM broadcasts WHERE status = 'running' AND due <= now() ORDER BY due LIMIT 1))sql"};

// Behind the others: they take turns, chunk by chunk.
constexpr db::Statement advance_statement{"broadcast_advance", R"sql(
    WITH job AS (
        UPDATE broadcasts
           SET planned = planned + $2::integer, position = $3, due = clock_timestamp(),
               status = CASE WHEN $4::boolean THEN 'done' ELSE status END,
               finished_at = CASE WHEN $4::boolean THEN now() END
         WHERE id = $1
        RETURNING event_id)
    UPDATE event_plans
       SET recipients = recipients + $2::integer, deliveries = deliveries + $5::integer,
           feed_rows = feed_rows + $6::integer
     WHERE event_id = (SELECT event_id FROM job))sql"};

constexpr db::Statement read_statement{"events_read", R"sql(
    SELECT id, type, actor, subject, payload, traceparent,
           (extract(epoch FROM created_at) * 1000000)::bigint AS at_us
      FROM events
     WHERE id = ANY($1::text[])
     ORDER BY id)sql"};

std::string area_of(const Event& event, const Route& route) {
    if (route.to.area_path.empty()) return {};
    const auto found = names_in(event, {route.to.area_path, {}, {}});
    return found.empty() ? std::string{} : found.front();
}

}  // namespace

std::string insert_broadcast(db::Session& session, const Event& event, const Route& route,
                             std::size_t named) {
    const auto id = make_id("job_");
    const auto total =
        named > 0 ? static_cast<int>(named) : count_users(session, route.to.role, area_of(event, route));
    session.exec(insert_statement, id, event.id.value(), route.name, total);
    return id;
}

std::optional<Broadcast> take_broadcast(db::Session& session) {
    for (const auto& row : session.exec(take_statement)) {
        Broadcast job;
        job.id = row["id"].c_str();
        job.event_id = row["event_id"].c_str();
        job.route = row["route"].c_str();
        job.total = row["total"].as<int>();
        job.planned = row["planned"].as<int>();
        job.position = row["position"].c_str();
        return job;
    }
    return std::nullopt;
}

void put_off_broadcast(db::Session& session) {
    session.exec(put_off_statement);
}

void advance_broadcast(db::Session& session, const Broadcast& job, const Advance& advance) {
    session.exec(advance_statement, job.id, advance.told, advance.position, advance.done,
                 static_cast<int>(advance.deliveries), static_cast<int>(advance.feed_rows));
}

std::vector<Event> read_events(db::Session& session, const std::vector<std::string>& ids) {
    std::vector<Event> events;
    for (const auto& row : session.exec(read_statement, db::array_of(ids))) {
        Event event;
        event.id = EventId{row["id"].c_str()};
        event.type = row["type"].c_str();
        event.actor = UserId{text_or_empty(row["actor"])};
        event.subject = text_or_empty(row["subject"]);
        event.payload = Json::parse(row["payload"].c_str());
        event.at = time_of(row["at_us"]);
        event.traceparent = text_or_empty(row["traceparent"]);
        events.push_back(std::move(event));
    }
    return events;
}

}  // namespace carillon::notify
