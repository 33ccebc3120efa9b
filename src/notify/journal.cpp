#include "notify/journal.hpp"

#include <utility>

#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement read_event{"journal_event", R"sql(
    SELECT id, type, actor, subject, payload, (extract(epoch FROM created_at) * 1000000)::bigint AS created_us
      FROM events
     WHERE id = $1)sql"};

constexpr db::Statement read_plan{"journal_plan", R"sql(
    SELECT recipients, deliveries, feed_rows, broadcast,
           (extract(epoch FROM planned_at) * 1000000)::bigint AS planned_us
      FROM event_plans
     WHERE event_id = $1)sql"};

constexpr db::Statement read_outbox{"journal_outbox", R"sql(
    SELECT tries, (extract(epoch FROM due) * 1000000)::bigint AS due_us
      FROM outbox
     WHERE event_id = $1)sql"};

constexpr db::Statement read_broadcasts{"journal_broadcasts", R"sql(
    SELECT id, route, total, planned, position, status,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us,
           (extract(epoch FROM finished_at) * 1000000)::bigint AS finished_us
      FROM broadcasts
     WHERE event_id = $1
     ORDER BY route)sql"};

// A time that never comes has no number.
constexpr db::Statement read_waiting{"journal_waiting", R"sql(
    SELECT state, reason, attempt, node, unless,
           CASE WHEN due <> 'infinity' THEN (extract(epoch FROM due) * 1000000)::bigint END AS due_us,
           (extract(epoch FROM begun_at) * 1000000)::bigint AS begun_us,
           (extract(epoch FROM expires_at) * 1000000)::bigint AS expires_us,
           (extract(epoch FROM first_at) * 1000000)::bigint AS first_us
      FROM notifications_queue
     WHERE id = $1)sql"};

constexpr db::Statement read_readers{"journal_readers", R"sql(
    SELECT device, acked_seq, (extract(epoch FROM seen_at) * 1000000)::bigint AS seen_us
      FROM feed_readers
     WHERE user_id = $1
     ORDER BY device)sql"};

// One snapshot for all that follows, so that a message is not seen both waiting and sent.
void look_once(db::Session& session) {
    session.exec_text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
}

}  // namespace

Journal::Journal(db::Database& database, RouteModes modes) : database_{database}, modes_{std::move(modes)} {}

asio::awaitable<HistoryPage> Journal::history(HistoryFilter filter) {
    auto read = [&filter](db::Session& session) {
        look_once(session);
        return select_history(session, filter);
    };
    co_return co_await database_.transact(std::move(read));
}

asio::awaitable<std::optional<MessageFacts>> Journal::message(DeliveryId id) {
    auto read = [&id](db::Session& session) {
        look_once(session);
        return select_message(session, id.value());
    };
    auto facts = co_await database_.transact(std::move(read));
    if (facts && facts->route && modes_) facts->mode = modes_(*facts->route);
    co_return facts;
}

asio::awaitable<std::optional<EventStory>> Journal::event(EventId id, EventPosition from, int limit) {
    auto read = [&id, &from, limit](db::Session& session) {
        look_once(session);
        return select_story(session, id.value(), from, limit);
    };
    co_return co_await database_.transact(std::move(read));
}

asio::awaitable<Why> Journal::why(std::string user, std::string event) {
    auto read = [&user, &event](db::Session& session) {
        look_once(session);
        return select_why(session, user, event);
    };
    co_return co_await database_.transact(std::move(read));
}

std::optional<EventRow> select_event(db::Session& session, const std::string& id) {
    return first_of(session.exec(read_event, id), event_of);
}

std::optional<PlanRow> select_plan(db::Session& session, const std::string& event) {
    return first_of(session.exec(read_plan, event), plan_of);
}

std::optional<OutboxRow> select_outbox(db::Session& session, const std::string& event) {
    return first_of(session.exec(read_outbox, event), outbox_of);
}

std::vector<BroadcastRow> select_broadcasts(db::Session& session, const std::string& event) {
    return all_of(session.exec(read_broadcasts, event), broadcast_of);
}

std::optional<QueueRow> select_waiting(db::Session& session, const std::string& message) {
    return first_of(session.exec(read_waiting, message), queue_of);
}

std::vector<ReaderRow> select_readers(db::Session& session, const std::string& user) {
    return all_of(session.exec(read_readers, user), reader_of);
}

}  // namespace carillon::notify
