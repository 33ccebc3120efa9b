#include "notify/plan_store.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "notify/columns.hpp"
#include "notify/counts.hpp"

namespace carillon::notify {
namespace {

// As JSON, so that its plan is kept (see people.cpp).
constexpr db::Statement take_statement{"plan_take", R"sql(
    WITH taken AS (
        DELETE FROM outbox o USING jsonb_array_elements_text($1::jsonb) e (id) WHERE o.event_id = e.id
        RETURNING o.event_id)
    SELECT s.stamp, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now_us, t.event_id
      FROM template_stamp s
      LEFT JOIN taken t ON true)sql"};

// The heads are locked in the order of the users' ids, as everywhere, and until the commit: a place in a feed
// is never seen before every lower one is. That the events are planned is written with it: a round trip less.
constexpr db::Statement insert_feed{"plan_feed", R"sql(
    WITH items AS (
        SELECT i.*, row_number() OVER (PARTITION BY user_id ORDER BY n) AS place,
               count(*) OVER (PARTITION BY user_id) AS places
          FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY
            AS i (user_id, event_id, type, body_no, n)),
    heads AS (
        INSERT INTO feed_heads AS h (user_id, last_seq)
        SELECT user_id, count(*) FROM items GROUP BY user_id ORDER BY user_id
            ON CONFLICT (user_id) DO UPDATE SET last_seq = h.last_seq + EXCLUDED.last_seq
        RETURNING user_id, last_seq),
    planned AS (
        INSERT INTO event_plans (event_id, recipients, deliveries, feed_rows, broadcast)
        SELECT * FROM unnest($6::text[], $7::integer[], $8::integer[], $9::integer[], $10::text[]))
    INSERT INTO feed (user_id, seq, event_id, type, body)
    SELECT i.user_id, h.last_seq - i.places + i.place, i.event_id, i.type, ($5::text[])[i.body_no]::jsonb
      FROM items i
      JOIN heads h USING (user_id)
    RETURNING user_id, event_id, seq, (extract(epoch FROM created_at) * 1000000)::bigint AS at_us)sql"};

// The first opens the digest and speaks for all that come until it closes. The update that changes nothing
// locks the row: whoever closes the digest waits for us, and then finds what we add.
constexpr db::Statement join_digests{"plan_digests", R"sql(
    INSERT INTO digests AS d (user_id, channel, type, head_id, closes_at)
    SELECT DISTINCT ON (i.user_id, i.channel, i.type)
           i.user_id, i.channel, i.type, i.id, now() + i.minutes * interval '1 minute'
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
        AS i (user_id, channel, type, id, minutes)
     ORDER BY i.user_id, i.channel, i.type, i.id
        ON CONFLICT (user_id, channel, type) DO UPDATE SET head_id = d.head_id
    RETURNING user_id, channel, type, head_id, (extract(epoch FROM closes_at) * 1000000)::bigint AS closes_us)sql"};

constexpr db::Statement insert_log{"plan_log", R"sql(
    INSERT INTO notifications_log (id, event_id, user_id, phone, channel, type, language, message, content, status,
                                   reason, detail, reference_id, route, step, feed_seq, attempt, attention,
                                   digest_of, created_at, failed_at)
    SELECT n.id, n.event_id, n.user_id, n.phone, n.channel, n.type, n.language, n.message, n.content::jsonb, n.status,
           n.reason, n.detail, n.reference_id, n.route, n.step, NULLIF(n.feed_seq, 0), 0,
           CASE n.status WHEN 'dead' THEN 1 WHEN 'skipped' THEN 2 ELSE 0 END,
           n.digest_of, n.at, CASE WHEN n.status = 'dead' THEN now() END
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                  $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bigint[],
                  $16::bigint[], $17::text[], $18::timestamptz[])
        AS n (id, event_id, user_id, phone, channel, type, language, message, content, status, reason, detail,
              reference_id, route, step, feed_seq, digest_of, at))sql"};

constexpr db::Statement insert_queue{"plan_queue", R"sql(
    INSERT INTO notifications_queue (id, event_id, user_id, channel, due, state, reason, bulk, urgent, step, fallback,
                                     unless, feed_seq, attempt, begun_at, fence, node, expires_at, first_at, digest)
    SELECT n.id, n.event_id, n.user_id, n.channel,
           CASE WHEN n.leased THEN now() + $16::bigint * interval '1 second'
                ELSE COALESCE(n.due, 'infinity') END,
           CASE WHEN n.leased THEN 'leased' ELSE 'waiting' END, n.reason, n.bulk, n.urgent, n.step, n.fallback,
           n.unless, NULLIF(n.feed_seq, 0), CASE WHEN n.begun THEN 1 ELSE 0 END, CASE WHEN n.begun THEN now() END,
           CASE WHEN n.leased THEN 1 ELSE 0 END, CASE WHEN n.leased THEN $17 END, n.expires_at, now(),
           n.reason = 'digest'
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[], $7::text[],
                  $8::boolean[], $9::boolean[], $10::bigint[], $11::boolean[], $12::text[], $13::bigint[],
                  $14::boolean[], $15::timestamptz[])
        AS n (id, event_id, user_id, channel, due, leased, reason, bulk, urgent, step, fallback, unless, feed_seq,
              begun, expires_at))sql"};

constexpr db::Statement insert_plans{"plan_events", R"sql(
    INSERT INTO event_plans (event_id, recipients, deliveries, feed_rows, broadcast)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::integer[], $4::integer[], $5::text[]))sql"};

constexpr std::size_t few = 32;

using Place = std::pair<std::string, std::string>;  // event, user

// The rows of event_plans.
struct EventColumns {
    explicit EventColumns(const Plan& plan) {
        std::unordered_map<std::string, std::int64_t> deliveries, feed_rows;
        for (const auto& delivery : plan.deliveries) ++deliveries[delivery.message.event.value()];
        for (const auto& item : plan.feed) ++feed_rows[item.event.value()];
        for (const auto& event : plan.events) {
            ids.add(event.id.value());
            recipients.add(event.recipients);
            delivered.add(deliveries[event.id.value()]);
            fed.add(feed_rows[event.id.value()]);
            broadcasts.add_or_null(event.broadcast);
        }
    }

    TextColumn ids, broadcasts;
    NumberColumn recipients, delivered, fed;
};

std::map<Place, std::int64_t> write_feed(db::Session& session, Plan& plan) {
    auto& feed = plan.feed;
    TextColumn users, events, types, bodies;
    NumberColumn body_numbers;
    std::unordered_map<const std::string*, std::int64_t>
        numbered;  // a body is sent once, however many read it
    for (const auto& item : feed) {
        users.add(item.user.value());
        events.add(item.event.value());
        types.add(item.type);
        const auto [body, is_new] =
            numbered.emplace(item.body.get(), static_cast<std::int64_t>(numbered.size()) + 1);
        if (is_new) bodies.add(std::string_view{*item.body});
        body_numbers.add(body->second);
    }
    const EventColumns told{plan};
    std::map<Place, std::int64_t> places;
    const auto insert = [&](auto&&... columns) {
        // A plan kept for a handful of rows would compare every row of a large batch with every other.
        return feed.size() < few ? session.exec(insert_feed, columns...)
                                 : session.exec_anew(insert_feed, columns...);
    };
    Time at;  // the same for all of a transaction; what is told live and what is told again agree on it
    for (const auto& row : insert(users.array(), events.array(), types.array(), body_numbers.array(),
                                  bodies.array(), told.ids.array(), told.recipients.array(),
                                  told.delivered.array(), told.fed.array(), told.broadcasts.array())) {
        places.emplace(Place{row["event_id"].c_str(), row["user_id"].c_str()}, row["seq"].as<std::int64_t>());
        if (at == Time{}) at = time_of(row["at_us"]);
    }
    for (auto& item : feed) {
        item.seq = places.at({item.event.value(), item.user.value()});
        item.at = at;
    }
    return places;
}

using DigestKey = std::tuple<std::string, std::string, std::string>;

DigestKey digest_key(const PlannedDelivery& delivery) {
    return {delivery.message.user.value(), delivery.channel, delivery.message.type};
}

// Members have no row in the queue: their head goes out for them.
std::unordered_map<std::string, std::string> join(db::Session& session, std::vector<PlannedDelivery>& all) {
    std::unordered_map<std::string, std::string> head_of;
    TextColumn users, channels, types, ids;
    NumberColumn minutes;
    bool any = false;
    for (const auto& delivery : all) {
        if (!delivery.digest) continue;
        any = true;
        users.add(delivery.message.user.value());
        channels.add(delivery.channel);
        types.add(delivery.message.type);
        ids.add(delivery.message.id.value());
        minutes.add(delivery.digest->count());
    }
    if (!any) return head_of;
    std::map<DigestKey, std::pair<std::string, Time>> heads;
    const auto rows = session.exec(join_digests, users.array(), channels.array(), types.array(), ids.array(),
                                   minutes.array());
    for (const auto& row : rows)
        heads.emplace(DigestKey{row["user_id"].c_str(), row["channel"].c_str(), row["type"].c_str()},
                      std::pair{std::string{row["head_id"].c_str()}, time_of(row["closes_us"])});
    for (auto& delivery : all) {
        if (!delivery.digest) continue;
        const auto& [head, closes] = heads.at(digest_key(delivery));
        delivery.reason = Reason::digest;
        if (head == delivery.message.id.value()) {
            delivery.waiting->due = std::max(delivery.waiting->due, closes);
            delivery.waiting->reason = Reason::digest;
        } else {
            delivery.waiting.reset();
            head_of.emplace(delivery.message.id.value(), head);
        }
    }
    return head_of;
}

void write_log(db::Session& session, const Plan& plan,
               const std::unordered_map<std::string, std::string>& head_of, const PlanTimes& times) {
    TextColumn ids, events, users, phones, channels, types, languages, texts, contents, statuses, reasons,
        details, references, routes, digests, at;
    NumberColumn steps, seqs;
    for (const auto& delivery : plan.deliveries) {
        const auto& message = delivery.message;
        ids.add(message.id.value());
        events.add(message.event.value());
        users.add_or_null(message.user.value());
        phones.add_or_null(message.phone);
        channels.add(delivery.channel);
        types.add(message.type);
        languages.add_or_null(message.language);
        texts.add_or_null(message.text);
        contents.add_or_null(message.content.empty() ? std::string{} : to_text(message.content));
        statuses.add(delivery.status);
        reasons.add(name_of(delivery.reason));
        details.add_or_null(delivery.detail);
        references.add_or_null(delivery.reference);
        routes.add_or_null(delivery.route);
        steps.add(delivery.step);
        seqs.add(message.feed_seq);
        const auto head = head_of.find(message.id.value());
        digests.add_or_null(head == head_of.end() ? std::string_view{} : std::string_view{head->second});
        at.add(times.at(message.event.value()));
    }
    session.exec(insert_log, ids.array(), events.array(), users.array(), phones.array(), channels.array(),
                 types.array(), languages.array(), texts.array(), contents.array(), statuses.array(),
                 reasons.array(), details.array(), references.array(), routes.array(), steps.array(),
                 seqs.array(), digests.array(), at.array());
}

void write_queue(db::Session& session, const Plan& plan, std::chrono::seconds lease,
                 const std::string& node) {
    TextColumn ids, events, users, channels, dues, leased, reasons, bulk, urgent, fallbacks, unless, begun,
        expires;
    NumberColumn steps, seqs;
    bool any = false;
    for (const auto& delivery : plan.deliveries) {
        if (!delivery.waiting) continue;
        any = true;
        const auto& waiting = *delivery.waiting;
        ids.add(delivery.message.id.value());
        events.add(delivery.message.event.value());
        users.add_or_null(delivery.message.user.value());
        channels.add(delivery.channel);
        if (waiting.parked)
            dues.add_null();
        else
            dues.add(waiting.due);
        leased.add(waiting.leased);
        reasons.add(name_of(waiting.reason));
        bulk.add(waiting.bulk);
        urgent.add(waiting.urgent);
        steps.add(delivery.step);
        fallbacks.add(waiting.fallback);
        unless.add_or_null(waiting.unless == Step::Unless::never ? std::string_view{}
                                                                 : name_of(waiting.unless));
        seqs.add(delivery.message.feed_seq);
        begun.add(waiting.begun);
        expires.add(waiting.expires_at);
    }
    if (!any) return;
    session.exec(insert_queue, ids.array(), events.array(), users.array(), channels.array(), dues.array(),
                 leased.array(), reasons.array(), bulk.array(), urgent.array(), steps.array(),
                 fallbacks.array(), unless.array(), seqs.array(), begun.array(), expires.array(),
                 lease.count(), node);
}

void write_events(db::Session& session, const Plan& plan) {
    const EventColumns told{plan};
    session.exec(insert_plans, told.ids.array(), told.recipients.array(), told.delivered.array(),
                 told.fed.array(), told.broadcasts.array());
}

void count(db::Session& session, const Plan& plan, const PlanTimes& times) {
    Counts counts;
    for (const auto& delivery : plan.deliveries) {
        const CountKey key{times.at(delivery.message.event.value()), delivery.channel, delivery.message.type};
        counts.add(key, delivery.status, 1);
        if (delivery.status != "queued")
            counts.add(key, "reason:" + std::string{name_of(delivery.reason)}, 1);
    }
    counts.write(session);
}

}  // namespace

Taken take_events(db::Session& session, const std::vector<std::string>& ids) {
    Taken taken;
    for (const auto& row : session.exec(take_statement, to_text(Json(ids)))) {
        taken.template_stamp = row["stamp"].as<std::int64_t>();
        taken.now = time_of(row["now_us"]);
        if (!row["event_id"].is_null()) taken.events.emplace(row["event_id"].c_str());
    }
    return taken;
}

void write_plan(db::Session& session, Plan& plan, const PlanTimes& times, std::chrono::seconds lease,
                const std::string& node) {
    if (!plan.feed.empty()) {
        const auto places = write_feed(session, plan);
        for (auto& delivery : plan.deliveries) {
            const auto place = places.find({delivery.message.event.value(), delivery.message.user.value()});
            if (place != places.end()) delivery.message.feed_seq = place->second;
        }
    }
    const auto head_of = join(session, plan.deliveries);
    if (!plan.deliveries.empty()) {
        write_log(session, plan, head_of, times);
        write_queue(session, plan, lease, node);
        count(session, plan, times);
    }
    if (plan.feed.empty() && !plan.events.empty()) write_events(session, plan);
}

}  // namespace carillon::notify
