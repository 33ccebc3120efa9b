#pragma once
// The planning of a batch of events, inside one transaction, on a pool thread: takes them out of the outbox,
// finds the people, makes the plan and writes it.
#include <carillon/event.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "db/session.hpp"
#include "notify/books.hpp"
#include "notify/channels.hpp"
#include "notify/delivery.hpp"
#include "notify/plan.hpp"
#include "notify/policy.hpp"

namespace carillon::notify {

using Room = std::map<std::string, std::size_t, std::less<>>;  // by channel

// What planning works with. The policy and the room are as they were when the batch set out.
struct PlanningTerms {
    const Channels& channels;
    Books& books;
    std::shared_ptr<const Policy> policy;
    PlanSettings settings;
    std::string node;
    Room room;
    std::size_t most_at_once = 10'000;  // recipients; beyond it a broadcast
    bool tell_all = false;              // what became of each delivery
};

struct Planned {
    std::vector<FeedItem> feed;
    std::vector<Delivery> to_send;                      // leased by us
    std::vector<PlannedDelivery> deliveries;            // all of them, if the terms say so
    std::optional<std::chrono::milliseconds> next_due;  // the earliest of those that wait
    std::size_t broadcasts = 0;
};

// Those that somebody else has planned meanwhile are left alone.
[[nodiscard]] Planned plan_events(db::Session& session, const std::vector<Event>& events,
                                  const PlanningTerms& terms);
// It was tried often enough; the record says so.
void give_up_on(db::Session& session, const Event& event, const PlanningTerms& terms);

// The part of a plan that is the same for a chunk of a broadcast.
[[nodiscard]] Planned write_and_hand_over(db::Session& session, Plan& plan,
                                          const std::unordered_map<std::string, Time>& times, Time now,
                                          const PlanningTerms& terms);

// Everybody whom a route of the policy names in this event; what a role means is not looked up.
[[nodiscard]] std::vector<std::string> names_told(const Event& event, const Policy& policy);

}  // namespace carillon::notify
