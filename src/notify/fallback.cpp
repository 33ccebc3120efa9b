#include "notify/fallback.hpp"

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement drop_later{"fallback_drop", R"sql(
    WITH later AS (
        DELETE FROM notifications_queue q
         USING unnest($1::text[], $2::text[], $3::integer[]) AS h (event_id, user_id, step)
         WHERE q.event_id = h.event_id AND q.user_id IS NOT DISTINCT FROM h.user_id
           AND q.step > h.step AND q.state = 'waiting' AND q.reason = 'earlier_channel'
        RETURNING q.id)
    UPDATE notifications_log l
       SET status = 'skipped', reason = 'earlier_channel_sent', attention = 2
     WHERE l.id IN (SELECT id FROM later)
    RETURNING l.channel, l.type, (extract(epoch FROM l.created_at) * 1000000)::bigint AS created_us)sql"};

constexpr db::Statement wake_next{"fallback_wake", R"sql(
    WITH next AS (
        SELECT DISTINCT ON (h.event_id, h.user_id) q.id, h.wait_s
          FROM unnest($1::text[], $2::text[], $3::integer[], $4::integer[]) AS h (event_id, user_id, step, wait_s)
          JOIN notifications_queue q
            ON q.event_id = h.event_id AND q.user_id IS NOT DISTINCT FROM h.user_id AND q.step > h.step
         WHERE q.state = 'waiting' AND q.due = 'infinity'
         ORDER BY h.event_id, h.user_id, q.step)
    UPDATE notifications_queue q
       SET due = now() + next.wait_s * interval '1 second'
      FROM next
     WHERE q.id = next.id)sql"};

constexpr int wait_for_receipt_s = 600;

}  // namespace

bool pass_on(db::Session& session, const std::vector<Handover>& handovers, Counts& counts) {
    TextColumn sent_events, sent_users, failed_events, failed_users;
    NumberColumn sent_steps, failed_steps, waits;
    bool any_sent = false, any_failed = false;
    for (const auto& handover : handovers) {
        const bool sent = handover.what == Ending::What::sent;
        (sent ? any_sent : any_failed) = true;
        (sent ? sent_events : failed_events).add(handover.event);
        (sent ? sent_users : failed_users).add_or_null(handover.user);
        (sent ? sent_steps : failed_steps).add(handover.step);
        if (!sent) waits.add(handover.what == Ending::What::unknown ? wait_for_receipt_s : 0);
    }
    if (any_sent) {
        for (const auto& row :
             session.exec_anew(drop_later, sent_events.array(), sent_users.array(), sent_steps.array())) {
            const CountKey key{time_of(row["created_us"]), row["channel"].c_str(), row["type"].c_str()};
            counts.move(key, "queued", "skipped");
            counts.add(key, "reason:earlier_channel_sent", 1);
        }
    }
    if (!any_failed) return false;
    const auto woken = session.exec_anew(wake_next, failed_events.array(), failed_users.array(),
                                         failed_steps.array(), waits.array());
    return woken.affected_rows() > 0;
}

}  // namespace carillon::notify
