#include "notify/queue_store.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

// Each channel and class is a range of the index of its own, so a full channel costs the others nothing. SKIP
// LOCKED lets servers claim side by side.
constexpr db::Statement find_due{"queue_find", R"sql(
    SELECT r.id, r.channel, r.bulk, r.begun_at IS NOT NULL AS call_lost,
           (extract(epoch FROM r.due) * 1000000)::bigint AS due_us, (extract(epoch FROM now()) * 1000000)::bigint AS now_us
      FROM unnest($1::text[], $2::boolean[], $3::bigint[], $4::timestamptz[]) AS w (channel, bulk, n, floor)
     CROSS JOIN LATERAL (
           SELECT q.id, q.due, q.begun_at, q.channel, q.bulk
             FROM notifications_queue q
            WHERE q.channel = w.channel AND q.bulk = w.bulk AND q.due <= now() AND q.due >= w.floor
            ORDER BY q.due
            LIMIT w.n
              FOR UPDATE SKIP LOCKED) r)sql"};

constexpr db::Statement lease_found{"queue_lease", R"sql(
    UPDATE notifications_queue q
       SET state = 'leased', due = now() + $2::bigint * interval '1 second', fence = q.fence + 1, node = $3,
           attempt = CASE WHEN q.channel = ANY($4::text[]) AND q.begun_at IS NULL THEN q.attempt + 1 ELSE q.attempt END,
           begun_at = CASE WHEN q.channel = ANY($4::text[]) THEN COALESCE(q.begun_at, now()) ELSE q.begun_at END,
           tried_at = COALESCE(q.tried_at, now())
     WHERE q.id = ANY($1::text[])
    RETURNING q.id, q.fence, q.channel, q.user_id, q.bulk, q.urgent, q.unless, q.attempt, q.progress,
              (extract(epoch FROM q.begun_at) * 1000000)::bigint AS begun_us,
              (extract(epoch FROM q.expires_at) * 1000000)::bigint AS expires_us,
              (extract(epoch FROM q.tried_at) * 1000000)::bigint AS first_us)sql"};

constexpr db::Statement read_messages{"queue_messages", R"sql(
    SELECT l.id, l.event_id, l.user_id, l.phone, l.type, l.language, l.message, l.content, l.feed_seq,
           e.type AS event_type, e.traceparent,
           f.read_at IS NOT NULL AS read,
           EXISTS (SELECT 1 FROM feed_readers r WHERE r.user_id = l.user_id AND r.acked_seq >= l.feed_seq) AS acked
      FROM notifications_log l
      LEFT JOIN events e ON e.id = l.event_id
      LEFT JOIN feed f ON f.user_id = l.user_id AND f.seq = l.feed_seq
     WHERE l.id = ANY($1::text[]))sql"};

constexpr db::Statement next_statement{"queue_next", R"sql(
    SELECT ceil(extract(epoch FROM min(due) - now()) * 1000)::bigint AS ms
      FROM (SELECT (SELECT q.due
                      FROM notifications_queue q
                     WHERE q.channel = w.channel AND q.bulk = w.bulk AND q.due >= w.floor
                     ORDER BY q.due
                     LIMIT 1) AS due
              FROM unnest($1::text[], $2::boolean[], $3::timestamptz[]) AS w (channel, bulk, floor)) next
     WHERE due < 'infinity')sql"};

// Whoever changes many rows of the queue locks them in the order of their ids, so that nobody waits in a
// circle.
constexpr db::Statement renew_statement{"queue_renew", R"sql(
    WITH locked AS MATERIALIZED (
        SELECT id FROM notifications_queue WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE)
    UPDATE notifications_queue q
       SET due = now() + $3::bigint * interval '1 second'
      FROM unnest($1::text[], $2::bigint[]) AS h (id, fence)
      JOIN locked k ON k.id = h.id
     WHERE q.id = h.id AND q.fence = h.fence AND q.state = 'leased'
    RETURNING q.id)sql"};

constexpr db::Statement begin_statement{"queue_begin", R"sql(
    WITH locked AS MATERIALIZED (
        SELECT id FROM notifications_queue WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE)
    UPDATE notifications_queue q
       SET due = now() + $3::bigint * interval '1 second', begun_at = now(), attempt = q.attempt + 1,
           tried_at = COALESCE(q.tried_at, now())
      FROM unnest($1::text[], $2::bigint[]) AS h (id, fence)
      JOIN locked k ON k.id = h.id
     WHERE q.id = h.id AND q.fence = h.fence AND q.state = 'leased'
       AND q.begun_at IS NULL
    RETURNING q.id)sql"};

constexpr db::Statement release_statement{"queue_release", R"sql(
    WITH locked AS MATERIALIZED (
        SELECT id FROM notifications_queue WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE)
    UPDATE notifications_queue q
       SET state = 'waiting', due = now(), node = NULL,
           attempt = CASE WHEN q.begun_at IS NULL THEN q.attempt ELSE q.attempt - 1 END, begun_at = NULL
      FROM unnest($1::text[], $2::bigint[]) AS h (id, fence)
      JOIN locked k ON k.id = h.id
     WHERE q.id = h.id AND q.fence = h.fence AND q.state = 'leased')sql"};

std::string floor_text(const std::optional<Time>& floor) {
    return floor ? to_rfc3339(*floor) : "-infinity";
}

struct WishColumns {
    explicit WishColumns(const std::vector<Wish>& wishes) {
        for (const auto& wish : wishes) {
            channels.add(wish.channel);
            bulk.add(wish.bulk);
            counts.add(wish.count);
            floors.add(std::string_view{floor_text(wish.floor)});
        }
    }
    TextColumn channels, bulk, floors;
    NumberColumn counts;
};

Claimed claimed_of(const pqxx::row& row) {
    Claimed claimed;
    auto& delivery = claimed.delivery;
    delivery.message.id = DeliveryId{row["id"].c_str()};
    delivery.message.attempt = std::max(1, row["attempt"].as<int>());
    delivery.message.progress = text_or_empty(row["progress"]);
    delivery.message.expires_at = optional_time(row["expires_us"]);
    delivery.channel = row["channel"].c_str();
    delivery.fence = row["fence"].as<std::int64_t>();
    delivery.bulk = row["bulk"].as<bool>();
    delivery.begun_at = optional_time(row["begun_us"]);
    delivery.calls = row["attempt"].as<int>();
    delivery.first_at = time_of(row["first_us"]);
    claimed.urgent = row["urgent"].as<bool>();
    claimed.unless = text_or_empty(row["unless"]);
    return claimed;
}

void fill_in(Claimed& claimed, const pqxx::row& row) {
    auto& message = claimed.delivery.message;
    message.event = EventId{row["event_id"].c_str()};
    message.user = UserId{text_or_empty(row["user_id"])};
    message.phone = text_or_empty(row["phone"]);
    message.type = row["type"].c_str();
    message.language = text_or_empty(row["language"]);
    message.text = text_or_empty(row["message"]);
    if (!row["content"].is_null()) message.content = Json::parse(row["content"].c_str());
    message.feed_seq = row["feed_seq"].is_null() ? 0 : row["feed_seq"].as<std::int64_t>();
    message.traceparent = text_or_empty(row["traceparent"]);
    claimed.event_type = text_or_empty(row["event_type"]);
    claimed.read = row["read"].as<bool>();
    const bool acked = row["acked"].as<bool>();
    claimed.seen =
        claimed.unless == "read" ? claimed.read : claimed.unless == "acked" && (acked || claimed.read);
}

std::vector<std::string> ids_of(const pqxx::result& rows) {
    std::vector<std::string> ids;
    ids.reserve(static_cast<std::size_t>(rows.size()));
    for (const auto& row : rows) ids.emplace_back(row["id"].c_str());
    return ids;
}

struct HoldColumns {
    explicit HoldColumns(const std::vector<Hold>& holds) {
        for (const auto& hold : holds) {
            ids.add(hold.id);
            fences.add(hold.fence);
        }
    }
    TextColumn ids;
    NumberColumn fences;
};

}  // namespace

Found find(db::Session& session, const std::vector<Wish>& wishes) {
    const WishColumns columns{wishes};
    Found found;
    for (const auto& row : session.exec(find_due, columns.channels.array(), columns.bulk.array(),
                                        columns.counts.array(), columns.floors.array())) {
        found.rows.push_back({row["id"].c_str(), row["channel"].c_str(), row["bulk"].as<bool>(),
                              row["call_lost"].as<bool>(), time_of(row["due_us"])});
        found.now = time_of(row["now_us"]);
    }
    return found;
}

std::vector<Claimed> claim(db::Session& session, const Found& found, const ClaimTerms& terms) {
    std::vector<std::string> ids;
    std::unordered_map<std::string, const DueRow*> due_rows;
    for (const auto& row : found.rows) {
        ids.push_back(row.id);
        due_rows.emplace(row.id, &row);
    }
    std::vector<Claimed> all;
    if (ids.empty()) return all;
    const auto array = db::array_of(ids);
    std::unordered_map<std::string, std::size_t> places;
    for (const auto& row : session.exec(lease_found, array, terms.lease.count(), terms.node,
                                        db::array_of(terms.begin_with_claim))) {
        places.emplace(row["id"].c_str(), all.size());
        all.push_back(claimed_of(row));
        const auto& due = *due_rows.at(row["id"].c_str());
        all.back().call_lost = due.call_lost;
        all.back().due = due.due;
    }
    for (const auto& row : session.exec(read_messages, array))
        fill_in(all[places.at(row["id"].c_str())], row);
    return all;
}

std::optional<std::chrono::milliseconds> next_due(db::Session& session, const std::vector<Wish>& wishes) {
    const WishColumns columns{wishes};
    const auto rows =
        session.exec(next_statement, columns.channels.array(), columns.bulk.array(), columns.floors.array());
    if (rows[0]["ms"].is_null()) return std::nullopt;
    return std::chrono::milliseconds{std::max<std::int64_t>(0, rows[0]["ms"].as<std::int64_t>())};
}

std::vector<std::string> renew(db::Session& session, const std::vector<Hold>& holds,
                               std::chrono::seconds lease) {
    const HoldColumns columns{holds};
    return ids_of(
        session.exec_anew(renew_statement, columns.ids.array(), columns.fences.array(), lease.count()));
}

std::vector<std::string> begin(db::Session& session, const std::vector<Hold>& holds,
                               std::chrono::seconds lease) {
    const HoldColumns columns{holds};
    return ids_of(
        session.exec_anew(begin_statement, columns.ids.array(), columns.fences.array(), lease.count()));
}

void release(db::Session& session, const std::vector<Hold>& holds) {
    const HoldColumns columns{holds};
    session.exec_anew(release_statement, columns.ids.array(), columns.fences.array());
}

}  // namespace carillon::notify
