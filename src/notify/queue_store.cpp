#include "notify/queue_store.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

// Each channel and class is a range of the index of its own, so a full channel costs the others nothing. SKIP
// LOCKED lets servers claim side by side; the array keeps the update on the primary key.
constexpr db::Statement claim_statement{"queue_claim", R"sql(
    WITH ready AS MATERIALIZED (
        SELECT r.id, r.due, r.begun_at, r.state
          FROM unnest($1::text[], $2::boolean[], $3::bigint[]) AS w (channel, bulk, n)
         CROSS JOIN LATERAL (
               SELECT q.id, q.due, q.begun_at, q.state
                 FROM notifications_queue q
                WHERE q.channel = w.channel AND q.bulk = w.bulk AND q.due <= now() AND q.due >= $4::timestamptz
                ORDER BY q.due
                LIMIT w.n
                  FOR UPDATE SKIP LOCKED) r)
    UPDATE notifications_queue q
       SET state = 'leased', due = now() + $5::bigint * interval '1 second', fence = q.fence + 1, node = $6,
           attempt = CASE WHEN q.channel = ANY($7::text[]) AND q.begun_at IS NULL THEN q.attempt + 1 ELSE q.attempt END,
           begun_at = CASE WHEN q.channel = ANY($7::text[]) THEN COALESCE(q.begun_at, now()) ELSE q.begun_at END
      FROM ready r
     WHERE q.id = ANY(ARRAY(SELECT id FROM ready)) AND q.id = r.id
    RETURNING q.id, q.fence, q.channel, q.user_id, q.bulk, q.urgent, q.unless, q.attempt, q.progress,
              r.begun_at IS NOT NULL AS call_lost,
              (extract(epoch FROM q.begun_at) * 1000000)::bigint AS begun_us,
              (extract(epoch FROM q.expires_at) * 1000000)::bigint AS expires_us,
              (extract(epoch FROM q.first_at) * 1000000)::bigint AS first_us,
              (extract(epoch FROM r.due) * 1000000)::bigint AS due_us)sql"};

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
                     WHERE q.channel = c.name AND q.bulk = b.bulk AND q.due >= $2::timestamptz
                     ORDER BY q.due
                     LIMIT 1) AS due
              FROM unnest($1::text[]) AS c (name)
             CROSS JOIN (VALUES (false), (true)) AS b (bulk)) next
     WHERE due < 'infinity')sql"};

constexpr db::Statement renew_statement{"queue_renew", R"sql(
    UPDATE notifications_queue q
       SET due = now() + $3::bigint * interval '1 second'
      FROM unnest($1::text[], $2::bigint[]) AS h (id, fence)
     WHERE q.id = ANY($1::text[]) AND q.id = h.id AND q.fence = h.fence AND q.state = 'leased'
    RETURNING q.id)sql"};

constexpr db::Statement begin_statement{"queue_begin", R"sql(
    UPDATE notifications_queue q
       SET due = now() + $3::bigint * interval '1 second', begun_at = now(), attempt = q.attempt + 1
      FROM unnest($1::text[], $2::bigint[]) AS h (id, fence)
     WHERE q.id = ANY($1::text[]) AND q.id = h.id AND q.fence = h.fence AND q.state = 'leased'
       AND q.begun_at IS NULL
    RETURNING q.id)sql"};

constexpr db::Statement release_statement{"queue_release", R"sql(
    UPDATE notifications_queue q
       SET state = 'waiting', due = now(), node = NULL,
           attempt = CASE WHEN q.begun_at IS NULL THEN q.attempt ELSE q.attempt - 1 END, begun_at = NULL
      FROM unnest($1::text[], $2::bigint[]) AS h (id, fence)
     WHERE q.id = ANY($1::text[]) AND q.id = h.id AND q.fence = h.fence AND q.state = 'leased')sql"};

std::string floor_text(const std::optional<Time>& floor) {
    return floor ? to_rfc3339(*floor) : "-infinity";
}

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
    claimed.call_lost = row["call_lost"].as<bool>();
    claimed.due = time_of(row["due_us"]);
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

std::vector<Claimed> claim(db::Session& session, const std::vector<Wish>& wishes, const ClaimTerms& terms) {
    TextColumn channels, bulk;
    NumberColumn counts;
    for (const auto& wish : wishes) {
        channels.add(wish.channel);
        bulk.add(wish.bulk);
        counts.add(wish.count);
    }
    const auto rows =
        session.exec(claim_statement, channels.array(), bulk.array(), counts.array(), floor_text(terms.floor),
                     terms.lease.count(), terms.node, db::array_of(terms.begin_with_claim));
    std::vector<Claimed> all;
    std::vector<std::string> ids;
    std::unordered_map<std::string, std::size_t> places;
    for (const auto& row : rows) {
        places.emplace(row["id"].c_str(), all.size());
        ids.emplace_back(row["id"].c_str());
        all.push_back(claimed_of(row));
    }
    if (all.empty()) return all;
    for (const auto& row : session.exec(read_messages, db::array_of(ids)))
        fill_in(all[places.at(row["id"].c_str())], row);
    return all;
}

std::optional<std::chrono::milliseconds> next_due(db::Session& session,
                                                  const std::vector<std::string>& channels,
                                                  const std::optional<Time>& floor) {
    const auto rows = session.exec(next_statement, db::array_of(channels), floor_text(floor));
    if (rows[0]["ms"].is_null()) return std::nullopt;
    return std::chrono::milliseconds{std::max<std::int64_t>(0, rows[0]["ms"].as<std::int64_t>())};
}

std::vector<std::string> renew(db::Session& session, const std::vector<Hold>& holds,
                               std::chrono::seconds lease) {
    const HoldColumns columns{holds};
    return ids_of(session.exec(renew_statement, columns.ids.array(), columns.fences.array(), lease.count()));
}

std::vector<std::string> begin(db::Session& session, const std::vector<Hold>& holds,
                               std::chrono::seconds lease) {
    const HoldColumns columns{holds};
    return ids_of(session.exec(begin_statement, columns.ids.array(), columns.fences.array(), lease.count()));
}

void release(db::Session& session, const std::vector<Hold>& holds) {
    const HoldColumns columns{holds};
    session.exec(release_statement, columns.ids.array(), columns.fences.array());
}

}  // namespace carillon::notify
