#pragma once
// What an operator may do to a message: send it once more, now instead of later, or not at all.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/error.hpp>
#include <carillon/id.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

struct QueueEntry {
    std::string id, event_id, user_id, channel, state, reason, type, node;
    int attempt = 0;
    std::optional<Time> due;  // empty: when the channel before it is done
    Time first_at;
};

struct QueueNumbers {
    std::int64_t size = 0;
    std::int64_t overdue = 0;
    double oldest_seconds = 0;  // since the one that has been due longest
};

class Operations {
public:
    explicit Operations(db::Database& database) : database_{database} {}

    // Again from the start, as attempt 1. Failure::not_found; Failure::conflict unless it failed for good,
    // died, was skipped or its end is unknown.
    asio::awaitable<Result<std::string>> resend(DeliveryId id, UserId by);
    // A message that waits goes now. Failure::conflict while it is being sent.
    asio::awaitable<Result<std::string>> retry(DeliveryId id, UserId by);
    // It will not go out. Failure::conflict while it is being sent.
    asio::awaitable<Result<std::string>> dismiss(DeliveryId id, UserId by);

    // In the order of their ids, after that one.
    asio::awaitable<std::vector<QueueEntry>> list(std::string after, int limit);
    asio::awaitable<QueueNumbers> numbers();
    // What became of these.
    struct Tally {
        std::int64_t sent = 0, failed = 0, requeued = 0;
    };
    asio::awaitable<Tally> tally(std::vector<DeliveryId> ids);

    // A channel that rests because of its account goes on.
    asio::awaitable<void> resume(std::string channel);
    struct Pause {
        std::string channel;
        std::chrono::seconds left;
    };
    asio::awaitable<std::vector<Pause>> pauses();

private:
    db::Database& database_;
};

}  // namespace carillon::notify
