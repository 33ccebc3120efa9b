#pragma once
// The queue's table. Called inside transactions, on a pool thread.
#include <carillon/reason.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/session.hpp"
#include "notify/delivery.hpp"
#include "notify/template_book.hpp"

namespace carillon::notify {

struct Wish {  // so many of that channel, please
    std::string channel;
    bool bulk = false;
    std::int64_t count = 0;
    // Nothing older is looked for. What was claimed and finished leaves dead rows behind at the low end of
    // the index, and a long transaction elsewhere keeps them there; who claims need not walk through them
    // each time.
    std::optional<Time> floor = {};
};

struct ClaimTerms {
    std::string node;
    std::chrono::seconds lease{30};
    // Channels on which a claim counts as the beginning of the call, since a second one does no harm.
    std::vector<std::string> begin_with_claim;
};

// A row that was claimed, with what is to be known before its attempt.
struct Claimed {
    Delivery delivery;
    std::string event_type;
    std::string unless;
    bool urgent = false;
    bool seen = false;  // acknowledged by a device, or read: as `unless` asks
    bool read = false;
    bool call_lost = false;  // whoever had it before ended in the middle of a call
    Time due;                // of the latest in the same claim
};

// Rows that are due, locked until the transaction ends.
struct DueRow {
    std::string id;
    std::string channel;
    bool bulk = false;
    bool call_lost = false;
    Time due;
};
struct Found {
    std::vector<DueRow> rows;
    Time now{};  // the database's; only when there are rows
};
[[nodiscard]] Found find(db::Session& session, const std::vector<Wish>& wishes);
// Leases them to us.
[[nodiscard]] std::vector<Claimed> claim(db::Session& session, const Found& found, const ClaimTerms& terms);
// When the next row is due of those that are wished for; nothing when none waits. Leased ones count: their
// lease may run out.
[[nodiscard]] std::optional<std::chrono::milliseconds> next_due(db::Session& session,
                                                                const std::vector<Wish>& wishes);

struct Hold {
    std::string id;
    std::int64_t fence = 0;
};
// Prolongs the leases; the ids of those that are still ours.
[[nodiscard]] std::vector<std::string> renew(db::Session& session, const std::vector<Hold>& holds,
                                             std::chrono::seconds lease);
// Records that the calls begin now; the ids of those that may begin.
[[nodiscard]] std::vector<std::string> begin(db::Session& session, const std::vector<Hold>& holds,
                                             std::chrono::seconds lease);
// Gives leases back before their time: the work was not begun.
void release(db::Session& session, const std::vector<Hold>& holds);

}  // namespace carillon::notify
