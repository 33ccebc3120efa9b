#include "notify/audit_checks.hpp"

#include <array>

namespace carillon::notify {
namespace {

constexpr const char* event_lost = R"sql(
    SELECT e.id AS event_id, NULL AS delivery_id, NULL AS user_id, e.type AS detail
      FROM events e
     WHERE e.id >= (SELECT event FROM since)
       AND NOT EXISTS (SELECT 1 FROM event_plans p WHERE p.event_id = e.id)
       AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.event_id = e.id))sql";

// Looked at whole, however old: it is tiny, and the oldest is the worst.
constexpr const char* event_waits_planned = R"sql(
    SELECT o.event_id, NULL, NULL, 'planned at ' || p.planned_at
      FROM outbox o
      JOIN event_plans p ON p.event_id = o.event_id)sql";

constexpr const char* outbox_overdue = R"sql(
    SELECT o.event_id, NULL, NULL, 'due since ' || o.due || ', tried ' || o.tries || ' times'
      FROM outbox o
     WHERE o.due < (SELECT overdue FROM since))sql";

constexpr const char* broadcast_stuck = R"sql(
    SELECT b.event_id, NULL, NULL, b.id || ' at ' || b.planned || ' of ' || b.total || ', due since ' || b.due
      FROM broadcasts b
     WHERE b.status = 'running' AND b.due < (SELECT overdue FROM since))sql";

constexpr const char* plan_without_trace = R"sql(
    SELECT p.event_id, NULL, NULL, p.recipients || ' recipients'
      FROM event_plans p
     WHERE p.event_id >= (SELECT event FROM since)
       AND p.recipients > 0 AND p.deliveries = 0 AND p.feed_rows = 0 AND p.broadcast IS NULL)sql";

// Both ways round: messages of an event without a plan are as wrong as a plan without its messages.
constexpr const char* deliveries_differ = R"sql(
    SELECT event_id, NULL, NULL, 'planned ' || COALESCE(p.deliveries, 0) || ', stored ' || COALESCE(l.n, 0)
      FROM (SELECT event_id, deliveries FROM event_plans WHERE event_id >= (SELECT event FROM since)) p
      FULL JOIN (SELECT event_id, count(*) AS n FROM notifications_log
                  WHERE id >= (SELECT message FROM since) AND event_id >= (SELECT event FROM since)
                  GROUP BY event_id) l USING (event_id)
     WHERE COALESCE(p.deliveries, 0) <> COALESCE(l.n, 0))sql";

// More than planned is wrong at any time. Fewer is wrong only while no feed can have lost its share: of a
// feed that was trimmed, everything before the oldest row that it kept may have been there.
constexpr const char* feed_rows_differ = R"sql(
    WITH trimmed AS (
        SELECT max(f.created_at) AS until
          FROM feed_heads h
         CROSS JOIN LATERAL (SELECT seq, created_at FROM feed
                              WHERE user_id = h.user_id ORDER BY seq LIMIT 1) f
         WHERE f.seq > 1)
    SELECT event_id, NULL, NULL, 'planned ' || COALESCE(p.feed_rows, 0) || ', stored ' || COALESCE(f.n, 0)
      FROM (SELECT event_id, feed_rows, planned_at FROM event_plans
             WHERE event_id >= (SELECT event FROM since)) p
      FULL JOIN (SELECT event_id, count(*) AS n FROM feed WHERE event_id >= (SELECT event FROM since)
                  GROUP BY event_id) f USING (event_id)
     WHERE COALESCE(f.n, 0) > COALESCE(p.feed_rows, 0)
        OR (COALESCE(f.n, 0) < p.feed_rows
            AND p.planned_at > COALESCE((SELECT until FROM trimmed), '-infinity')
            AND NOT EXISTS (SELECT 1 FROM feed_heads h
                             WHERE h.last_seq > 0
                               AND NOT EXISTS (SELECT 1 FROM feed r WHERE r.user_id = h.user_id))))sql";

constexpr const char* delivery_stranded = R"sql(
    SELECT l.event_id, l.id, l.user_id, l.channel || ' is ' || l.status || ' and nobody will go on with it'
      FROM notifications_log l
     WHERE l.id >= (SELECT message FROM since) AND l.status IN ('queued', 'sending', 'failed')
       AND NOT EXISTS (SELECT 1 FROM notifications_queue q WHERE q.id = l.id)
       AND NOT EXISTS (SELECT 1 FROM notifications_queue q WHERE q.id = l.digest_of))sql";

constexpr const char* queue_without_record = R"sql(
    SELECT q.event_id, q.id, q.user_id, q.channel || ' waits for ' || q.reason || ' without a record'
      FROM notifications_queue q
     WHERE NOT EXISTS (SELECT 1 FROM notifications_log l WHERE l.id = q.id))sql";

constexpr const char* queue_of_final = R"sql(
    SELECT q.event_id, q.id, q.user_id, l.channel || ' is ' || l.status || ' and waits all the same'
      FROM notifications_queue q
      JOIN notifications_log l ON l.id = q.id
     WHERE l.status NOT IN ('queued', 'sending', 'failed'))sql";

// Parked rows wait for another channel of their route; without one that still moves they would wait for ever.
constexpr const char* queue_parked_alone = R"sql(
    SELECT q.event_id, q.id, q.user_id, q.channel || ' waits for a channel that has ended'
      FROM notifications_queue q
      JOIN notifications_log l ON l.id = q.id
     WHERE q.due = 'infinity'
       AND NOT EXISTS (SELECT 1 FROM notifications_queue e
                         JOIN notifications_log r ON r.id = e.id
                        WHERE e.event_id = q.event_id AND e.user_id IS NOT DISTINCT FROM q.user_id
                          AND r.route IS NOT DISTINCT FROM l.route
                          AND e.step < q.step AND e.due < 'infinity'))sql";

// A channel that is paused holds its messages on purpose.
constexpr const char* queue_stuck = R"sql(
    SELECT q.event_id, q.id, q.user_id, q.channel || ' has been due since ' || q.due || ' and nobody takes it'
      FROM notifications_queue q
     WHERE q.state = 'waiting' AND q.due < now() - interval '1 hour'
       AND NOT EXISTS (SELECT 1 FROM channel_pauses p WHERE p.channel = q.channel AND p.until > now()))sql";

constexpr const char* queue_overdue = R"sql(
    SELECT q.event_id, q.id, q.user_id, q.channel || ' is leased to ' || COALESCE(q.node, 'nobody') ||
           ' since its lease ran out at ' || q.due
      FROM notifications_queue q
     WHERE q.state = 'leased' AND q.due < (SELECT overdue FROM since))sql";

constexpr const char* delivery_twice = R"sql(
    SELECT l.event_id, max(l.id), max(l.user_id), l.channel || ', ' || count(*) || ' times'
      FROM notifications_log l
     WHERE l.id >= (SELECT message FROM since) AND COALESCE(l.user_id, l.phone) IS NOT NULL
     GROUP BY l.event_id, l.route, COALESCE(l.user_id, l.phone), l.channel
    HAVING count(*) > 1)sql";

// From the first row that is kept to the head, without a gap.
constexpr const char* feed_gap = R"sql(
    SELECT NULL, NULL, COALESCE(h.user_id, f.user_id),
           COALESCE(f.n, 0) || ' rows from ' || COALESCE(f.first, 0) || ' to ' || COALESCE(f.last, 0) ||
           ', head at ' || COALESCE(h.last_seq, 0)
      FROM feed_heads h
      FULL JOIN (SELECT user_id, min(seq) AS first, max(seq) AS last, count(*) AS n
                   FROM feed GROUP BY user_id) f ON f.user_id = h.user_id
     WHERE f.n IS NOT NULL AND (f.n <> f.last - f.first + 1 OR f.last IS DISTINCT FROM h.last_seq))sql";

constexpr const char* feed_twice = R"sql(
    SELECT f.event_id, NULL, f.user_id, count(*) || ' places in one feed'
      FROM feed f
     WHERE f.event_id >= (SELECT event FROM since)
     GROUP BY f.event_id, f.user_id
    HAVING count(*) > 1)sql";

// A call that spent no attempt is written down under the number that the next one has again. Those that were
// part of a digest have its number, and no call of their own. A message that is sent once more counts from
// the start; when that was, the database's clock says, and when a call began, a server's: of the calls within
// five seconds of it, either may be true.
constexpr const char* attempts_differ = R"sql(
    SELECT l.event_id, l.id, l.user_id,
           'the record says ' || l.attempt || ', the calls say ' || COALESCE(a.possible, 0) || ' (' || l.status || ')'
      FROM notifications_log l
      LEFT JOIN (SELECT c.delivery_id,
                        max(c.attempt) FILTER (
                            WHERE s.at IS NULL OR c.begun_at > s.at + interval '5 s') AS certain,
                        max(c.attempt) FILTER (
                            WHERE s.at IS NULL OR c.begun_at > s.at - interval '5 s') AS possible
                   FROM attempts c
                   LEFT JOIN (SELECT delivery_id, max(at) AS at FROM interventions
                               WHERE what = 'resend' AND delivery_id >= (SELECT message FROM since)
                               GROUP BY delivery_id) s ON s.delivery_id = c.delivery_id
                  WHERE c.delivery_id >= (SELECT message FROM since)
                  GROUP BY c.delivery_id) a ON a.delivery_id = l.id
     WHERE l.id >= (SELECT message FROM since) AND l.digest_of IS NULL
       AND (COALESCE(a.possible, 0) < l.attempt OR COALESCE(a.certain, 0) > l.attempt + 1
            OR (l.status IN ('sent', 'unknown') AND a.possible IS NULL)))sql";

constexpr const char* attempt_without_record = R"sql(
    SELECT NULL, a.delivery_id, NULL, 'attempt ' || a.attempt || ' at ' || a.begun_at
      FROM attempts a
     WHERE a.delivery_id >= (SELECT message FROM since)
       AND NOT EXISTS (SELECT 1 FROM notifications_log l WHERE l.id = a.delivery_id))sql";

constexpr std::array rules{
    AuditRule{"event_lost", "Every accepted event is planned or waits to be.", event_lost},
    AuditRule{"event_waits_planned", "What is planned does not wait to be planned again.",
              event_waits_planned},
    AuditRule{"outbox_overdue", "An event is planned, or taken over, within two leases.", outbox_overdue},
    AuditRule{"broadcast_stuck", "A broadcast goes on, or is taken over, within two leases.",
              broadcast_stuck},
    AuditRule{"plan_without_trace", "Whoever is to be told has a delivery or a place in the feed.",
              plan_without_trace},
    AuditRule{"deliveries_differ", "As many deliveries are stored as were planned.", deliveries_differ},
    AuditRule{"feed_rows_differ", "As many places in feeds are stored as were planned.", feed_rows_differ},
    AuditRule{"delivery_stranded", "A delivery that is not final waits in the queue.", delivery_stranded},
    AuditRule{"queue_without_record", "What waits in the queue has its record.", queue_without_record},
    AuditRule{"queue_of_final", "What is final does not wait in the queue.", queue_of_final},
    AuditRule{"queue_parked_alone", "Who waits for another channel has one to wait for.", queue_parked_alone},
    AuditRule{"queue_stuck", "What is due goes out within the hour.", queue_stuck},
    AuditRule{"queue_overdue", "A lease that has run out is taken over.", queue_overdue},
    AuditRule{"delivery_twice", "One route tells one person by one channel once.", delivery_twice},
    AuditRule{"feed_gap", "A feed counts its messages without a gap.", feed_gap},
    AuditRule{"feed_twice", "A feed holds an event once.", feed_twice},
    AuditRule{"attempts_differ", "Every call is written down, and the record counts them.", attempts_differ},
    AuditRule{"attempt_without_record", "Every call belongs to a delivery.", attempt_without_record},
};

}  // namespace

std::span<const AuditRule> audit_rules() noexcept {
    return rules;
}

}  // namespace carillon::notify
