#pragma once
// A plan into its tables. Called inside the planning transaction, on a pool thread.
#include <carillon/event.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "db/session.hpp"
#include "notify/plan.hpp"

namespace carillon::notify {

// Takes the events out of the outbox: who deletes the row plans the event, nobody else.
struct Taken {
    std::unordered_set<std::string> events;
    std::int64_t template_stamp = 0;
    Time now;  // the database's
};
[[nodiscard]] Taken take_events(db::Session& session, const std::vector<std::string>& ids);

// Writes feed, deliveries, queue and counts, and fills in the places in the feed. Decides who joins a digest.
using PlanTimes = std::unordered_map<std::string, Time>;  // when each event happened
void write_plan(db::Session& session, Plan& plan, const PlanTimes& times, std::chrono::seconds lease,
                const std::string& node);

}  // namespace carillon::notify
