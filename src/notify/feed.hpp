#pragma once
// What a reader says about their feed: it has arrived on a device, it was read, the app is open. Each of
// these may make deliveries needless that still wait, and takes them out of the queue in the same statement.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/id.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "notify/plan.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Feed {
public:
    explicit Feed(db::Database& database) : database_{database} {}

    struct Page {
        std::vector<FeedItem> items;
        std::vector<bool> read;  // of each
        std::int64_t last_seq = 0;
        std::int64_t first_seq = 0;  // the oldest that is kept
        std::int64_t unread = 0;
    };
    // What comes after that place, in order.
    asio::awaitable<Page> list(UserId user, std::int64_t after, int limit);

    // Everything up to that place has been shown on the device. A place that does not exist yet counts as the
    // last one that does.
    asio::awaitable<std::int64_t> acknowledge(UserId user, std::string device, std::int64_t seq);

    struct Read {
        std::int64_t marked = 0;     // were unread before
        std::int64_t cancelled = 0;  // deliveries that need not go out any more
    };
    // One message, or all up to that place.
    asio::awaitable<Read> mark_read(UserId user, std::int64_t seq);
    asio::awaitable<Read> mark_all_read(UserId user, std::int64_t up_to);

    // The device shows the app for so long; zero: no longer.
    asio::awaitable<void> show(UserId user, std::string device, std::chrono::seconds time);

private:
    asio::awaitable<Read> read_between(UserId user, std::int64_t from, std::int64_t to);
    db::Database& database_;
};

// A user was erased: what is kept about them goes, what happened stays without a name.
void erase_traces(db::Session& session, const UserId& user);

}  // namespace carillon::notify
