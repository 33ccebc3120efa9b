#pragma once
// How an event comes into the pipeline: in the same transaction as the record that it happened to.
//
//   In a handler:  auto event = make_event("lead.created", …);
//                  … the business statement calls raise_event(…) itself, or raise(session, event) in its
//                  transaction … outbox.committed(std::move(event));   // after the commit, on the event loop
//
// The second step only makes it quick. Should the process end between the two, the outbox's row is found when
// its lease runs out.
#include <carillon/event.hpp>
#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "db/session.hpp"

namespace carillon::notify {

inline constexpr std::chrono::seconds outbox_lease{30};

class Outbox {
public:
    using Taker = std::function<void(Event)>;
    explicit Outbox(Taker taker) : taker_{std::move(taker)} {}

    // Inside the transaction of the record; any number in one statement.
    static void raise(db::Session& session, std::span<const Event> events);
    static void raise(db::Session& session, const Event& event) { raise(session, {&event, 1}); }
    // After the commit.
    void committed(Event event) { taker_(std::move(event)); }

private:
    Taker taker_;
};

// Events whose lease in the outbox has run out, now leased by us. `tries` counts how often that has happened.
struct Overdue {
    std::string id;
    int tries = 0;
};
[[nodiscard]] std::vector<Overdue> claim_outbox(db::Session& session, int limit);
// All that a process finds when it starts, whoever leased it: planning is safe to be done by anybody, and
// what was accepted before must not come after what is accepted from now on.
[[nodiscard]] std::vector<Overdue> claim_leftovers(db::Session& session);
// When the next one is due.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_in_outbox(db::Session& session);

}  // namespace carillon::notify
