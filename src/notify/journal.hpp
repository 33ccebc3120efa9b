#pragma once
// Reading what the pipeline wrote: lists of messages, one message's story, one event's, and why a user did or
// did not hear of an event.
//
// Threads: called on the event loop. Throws Unavailable when the database is away. What one answer says is of
// one instant: its rows come from one snapshot.
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "db/database.hpp"
#include "notify/journal_values.hpp"
#include "notify/journal_why.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

// The mode of a route that the policy knows now ("first"), or "".
using RouteModes = std::function<std::string(const std::string& route)>;

class Journal {
public:
    explicit Journal(db::Database& database, RouteModes modes = {});

    asio::awaitable<HistoryPage> history(HistoryFilter filter);
    asio::awaitable<std::optional<MessageFacts>> message(DeliveryId id);
    asio::awaitable<std::optional<EventStory>> event(EventId id, EventPosition from, int limit);
    // The user by id or by phone number.
    asio::awaitable<Why> why(std::string user, std::string event);

private:
    db::Database& database_;
    RouteModes modes_;
};

// Parts of the above, for a session that is inside its transaction already.
[[nodiscard]] HistoryPage select_history(db::Session& session, const HistoryFilter& filter);
[[nodiscard]] std::optional<EventRow> select_event(db::Session& session, const std::string& id);
[[nodiscard]] std::optional<PlanRow> select_plan(db::Session& session, const std::string& event);
[[nodiscard]] std::optional<OutboxRow> select_outbox(db::Session& session, const std::string& event);
[[nodiscard]] std::vector<BroadcastRow> select_broadcasts(db::Session& session, const std::string& event);
[[nodiscard]] std::optional<QueueRow> select_waiting(db::Session& session, const std::string& message);
[[nodiscard]] std::vector<ReaderRow> select_readers(db::Session& session, const std::string& user);

[[nodiscard]] std::optional<MessageFacts> select_message(db::Session& session, const std::string& id);
[[nodiscard]] std::optional<EventStory> select_story(db::Session& session, const std::string& id,
                                                     const EventPosition& from, int limit);
[[nodiscard]] Why select_why(db::Session& session, const std::string& user, const std::string& event);

}  // namespace carillon::notify
