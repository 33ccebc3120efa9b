#pragma once
// The feed from a place on, for whoever comes back. Many come back at once, after a restart or a storm in the
// network: whoever asks while the database is busy shares the next round trip.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

#include "db/batcher.hpp"
#include "notify/plan.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

// What a feed keeps for those who come back; older messages are history.
struct KeptFeed {
    std::int64_t messages = 500;
    std::chrono::hours age{24 * 7};
};

class Replay {
public:
    static constexpr int page_limit = 100;

    struct Place {
        UserId user;
        std::int64_t after = -1;  // below zero: only where the feed ends is asked
    };
    struct Item {
        FeedItem message;
        bool read = false;
    };
    struct Page {
        std::int64_t last_seq = 0;
        std::vector<Item> items;  // in order; what is not kept any more is left out
    };

    Replay(db::Database& database, KeptFeed kept);

    // Up to page_limit messages, fewer when they are large.
    asio::awaitable<Page> page(Place place);

private:
    db::Batcher<Place, Page> pages_;
};

}  // namespace carillon::notify
