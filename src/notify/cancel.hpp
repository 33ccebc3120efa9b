#pragma once
// Takes waiting deliveries out of the queue for good, with all that hangs on them: the channels that wait for
// what becomes of them, the digests that they speak for, and the counts. Called inside a transaction, on a
// pool thread.
#include <carillon/id.hpp>
#include <carillon/reason.hpp>
#include <cstdint>
#include <string>

#include "db/session.hpp"

namespace carillon::notify {

struct Cancelled {
    std::int64_t count = 0;
    bool woke = false;  // another delivery is due now
};

// The user has acknowledged, or read, these places of the feed. An acknowledgement ends only what was to go
// out unless it came; a read ends all that waits.
struct SeenPlaces {
    const UserId& user;
    std::int64_t from = 1;
    std::int64_t to = 0;
    bool read = false;
};
Cancelled cancel_seen(db::Session& session, const SeenPlaces& places);

// One delivery that waits, whatever for.
Cancelled cancel_one(db::Session& session, const std::string& id, Reason reason);

}  // namespace carillon::notify
