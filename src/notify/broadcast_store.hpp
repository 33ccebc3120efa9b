#pragma once
// Broadcasts in their table: an event with more recipients than one transaction should hold is planned in
// chunks. Called inside transactions, on a pool thread.
#include <carillon/event.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "db/session.hpp"
#include "notify/plan.hpp"

namespace carillon::notify {

// Makes the job; its id. `named`: how many the event names itself; 0 when it is everybody of a role.
[[nodiscard]] std::string insert_broadcast(db::Session& session, const Event& event, const Route& route,
                                           std::size_t named);

struct Broadcast {
    std::string id;
    std::string event_id;
    std::string route;
    int total = 0;
    int planned = 0;
    std::string position;
};
// One that nobody works on, locked until the transaction ends.
[[nodiscard]] std::optional<Broadcast> take_broadcast(db::Session& session);
// The one that is next has failed: the others go first.
void put_off_broadcast(db::Session& session);
// What a chunk came to, and where the job stands after it.
struct Advance {
    int told = 0;
    std::size_t deliveries = 0;
    std::size_t feed_rows = 0;
    std::string position;
    bool done = false;
};
void advance_broadcast(db::Session& session, const Broadcast& job, const Advance& advance);

// Events as they are stored; in the order of their ids.
[[nodiscard]] std::vector<Event> read_events(db::Session& session, const std::vector<std::string>& ids);

}  // namespace carillon::notify
