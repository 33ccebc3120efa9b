#pragma once
// What a reader says about their feed: it has arrived on a device, it was read, the app is open. Each of
// these may make deliveries needless that still wait, and takes them out of the queue in the same statement.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/id.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "notify/plan.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

// Messages of a user were read that had not been before; on whichever way it was said.
struct ReadNews {
    UserId user;
    EventId event;  // when it was said of one; empty: of all up to a place
    std::int64_t from = 0;
    std::int64_t to = 0;
    std::int64_t marked = 0;
};

class Feed {
public:
    explicit Feed(db::Database& database) : database_{database} {}

    // Told of every reading once it is committed.
    void on_read(std::function<void(const ReadNews&)> told) { on_read_ = std::move(told); }

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
        std::int64_t from = 0;       // the places that were meant
        std::int64_t to = 0;
    };
    // One message, or all up to that place.
    asio::awaitable<Read> mark_read(UserId user, std::int64_t seq);
    asio::awaitable<Read> mark_all_read(UserId user, std::int64_t up_to);
    // The message of that event; nothing when it is not in the feed.
    asio::awaitable<std::optional<Read>> mark_event_read(UserId user, EventId event);

    // The device shows the app for so long; zero: no longer.
    asio::awaitable<void> show(UserId user, std::string device, std::chrono::seconds time);

private:
    asio::awaitable<Read> read_between(UserId user, EventId event, std::int64_t from, std::int64_t to);
    db::Database& database_;
    std::function<void(const ReadNews&)> on_read_;
};

// A user was erased: what is kept about them goes, what happened stays without a name.
void erase_traces(db::Session& session, const UserId& user);

}  // namespace carillon::notify
