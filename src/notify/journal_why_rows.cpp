#include <carillon/phone.hpp>
#include <utility>

#include "notify/history_query.hpp"
#include "notify/journal.hpp"
#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

// An id wins over another's number.
constexpr db::Statement find_user{"why_user", R"sql(
    SELECT id FROM users WHERE id = $1 OR phone = $2 ORDER BY id = $1 DESC LIMIT 1)sql"};

constexpr db::Statement read_now{"why_now", "SELECT (extract(epoch FROM now()) * 1000000)::bigint AS now_us"};

constexpr db::Statement read_feed_row{"why_feed", R"sql(
    SELECT user_id, seq, type, (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM read_at) * 1000000)::bigint AS read_us
      FROM feed
     WHERE event_id = $1 AND user_id = $2
     ORDER BY seq
     LIMIT 1)sql"};

// In the order of the route's steps.
const db::Statement& read_channels() {
    static const auto text = std::string{"SELECT "} + message_columns +
                             " FROM notifications_log c WHERE c.event_id = $1 AND c.user_id = $2 AND c.id >= "
                             "$3 ORDER BY c.step, c.id";
    static const db::Statement statement{"why_channels", text.c_str()};
    return statement;
}

// What a route says of itself when it told nobody: there is no person in it. The order is spelt as the index
// has it, which the planner does not conclude from IS NULL.
const db::Statement& read_nobody() {
    static const auto text =
        std::string{"SELECT "} + message_columns +
        " FROM notifications_log c WHERE c.event_id = $1 AND c.user_id IS NULL AND c.id >= $2"
        " AND c.phone IS NULL AND c.channel = 'none' ORDER BY c.user_id, c.id LIMIT 20";
    static const db::Statement statement{"why_nobody", text.c_str()};
    return statement;
}

void resolve_user(db::Session& session, WhyFacts& facts) {
    const auto phone = as_phone(facts.user);
    const auto number = phone ? std::optional{phone->e164()} : std::nullopt;
    const auto rows = session.exec(find_user, facts.user, number);
    facts.user_known = !rows.empty();
    if (facts.user_known) facts.user = rows[0][0].c_str();
}

}  // namespace

Why select_why(db::Session& session, const std::string& user, const std::string& event) {
    WhyFacts facts;
    facts.user = user;
    facts.asked_event = event;
    facts.now = time_of(session.exec(read_now)[0][0]);
    resolve_user(session, facts);
    facts.event = select_event(session, event);
    if (facts.event) {
        const auto floor = message_floor(event);
        facts.plan = select_plan(session, event);
        facts.outbox = select_outbox(session, event);
        facts.broadcasts = select_broadcasts(session, event);
        facts.feed = first_of(session.exec(read_feed_row, event, facts.user), feed_of);
        if (facts.feed) facts.readers = select_readers(session, facts.user);
        facts.nobody = all_of(session.exec(read_nobody(), event, floor), message_of);
        const auto messages = all_of(session.exec(read_channels(), event, facts.user, floor), message_of);
        for (const auto& message : messages)
            facts.channels.push_back({message, select_waiting(session, message.id.value())});
    }
    return explain(std::move(facts));
}

}  // namespace carillon::notify
