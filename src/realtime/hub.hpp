#pragma once
// Who is connected, and what they have yet to receive.
//
// Purpose: a message of the feed, once committed, is told to every connection of its reader; whoever was away
//   or slow is told again, from memory while it is recent, from the database otherwise.
// Threads: the event loop. Lifetime: built after the pipeline, outlives every connection.
// Invariants: memory is only a quick view of the feed. What waits is bounded per connection and in total (by
//   the sockets' queues), what is kept in memory by bytes; past a bound a reader is fed from the database.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <carillon/connection.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "notify/feed.hpp"
#include "notify/replay.hpp"
#include "realtime/devices.hpp"
#include "realtime/mailbox.hpp"

namespace carillon::realtime {

namespace asio = boost::asio;

class Session;

struct HubSettings {
    std::string node;
    std::string run;  // tells this process from those before it, in the names of connections
    std::size_t connections_per_user = 20;
    std::size_t queue_messages = 256;
    std::size_t queue_bytes = 1 << 20;
    std::size_t queue_total_bytes = 256 << 20;
    std::size_t recent_bytes = 64 << 20;
    std::chrono::seconds recent_time{300};  // a mailbox nobody is connected to stays that long
    std::size_t arrivals_per_second = 5'000;
    // As the connections have them; told to clients.
    std::chrono::seconds ping{25};
    std::size_t message_bytes = 64 << 10;
};

struct HubNumbers {
    std::size_t connections = 0;
    std::size_t users = 0;      // with a connection
    std::size_t mailboxes = 0;  // in memory
    std::size_t recent_bytes = 0;
    std::uint64_t opened = 0;
    std::map<std::string, std::uint64_t, std::less<>> told;  // by type; "replayed" and "control" beside them
    std::uint64_t fell_behind = 0;
    std::uint64_t pages = 0;                        // read from the database
    std::map<std::uint16_t, std::uint64_t> closed;  // by code
    [[nodiscard]] std::uint64_t told_in_all() const;
};

class Hub {
public:
    struct Around {
        asio::any_io_executor executor;
        notify::Replay& replay;
        notify::Feed& feed;
        DeviceRegistry& devices;
        Clock clock;
        std::function<double()> random;                           // from 0 to 1
        std::function<void(std::chrono::nanoseconds)> delivered;  // from commit to socket
    };
    Hub(Around around, HubSettings settings);
    ~Hub();

    // Committed messages, in the order of their places for each reader.
    void tell(const std::vector<notify::FeedItem>& items);
    void tell_read(const notify::ReadNews& news);
    // Their feed is gone, and begins anew should they come back.
    void erased(const UserId& user);
    // Something may have been committed that was not told: whoever is here is told out of the database.
    void distrust();
    void start();
    void stop();

    [[nodiscard]] HubNumbers numbers() const;
    // Connections of one user, or a page of users: from a place, and where the next page begins.
    struct Seen {
        UserId user;
        std::vector<const Session*> sessions;
    };
    struct Page {
        std::vector<Seen> users;
        std::size_t next = 0;  // 0: that was the last
    };
    [[nodiscard]] Page look(std::size_t from, std::size_t limit) const;
    [[nodiscard]] std::vector<const Session*> look(const UserId& user) const;

    // For the sessions.
    [[nodiscard]] Mailbox& attach(Session& session);
    void detach(Session& session, Mailbox& mailbox, std::uint16_t code);
    // All other connections of the same reader.
    void advance(const Session& session);
    // Of the bytes that may wait for all.
    [[nodiscard]] std::size_t fair_share() const noexcept;
    [[nodiscard]] std::uint64_t next_number() noexcept { return ++last_number_; }
    [[nodiscard]] const HubSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] const asio::any_io_executor& executor() const noexcept { return around_.executor; }
    [[nodiscard]] notify::Replay& replay() noexcept { return around_.replay; }
    [[nodiscard]] notify::Feed& feed() noexcept { return around_.feed; }
    [[nodiscard]] DeviceRegistry& devices() noexcept { return around_.devices; }
    [[nodiscard]] Time now() const { return around_.clock(); }
    // {"retry_after_ms":…}: spread, so that those who are sent away together do not come back together.
    [[nodiscard]] std::string retry_hint(CloseCode why);
    void count_told() noexcept { ++*telling_; }
    void count_control() noexcept { ++*control_; }
    void count_behind() noexcept { ++numbers_.fell_behind; }
    void count_page() noexcept { ++numbers_.pages; }

private:
    using Mailboxes = std::unordered_map<UserId, Mailbox>;

    void tell_reader(std::span<const notify::FeedItem> items);
    void keep_within_limit();
    bool forget_departed();
    void wind_sweep(std::chrono::milliseconds in);
    void wind_patrol();
    void patrol();

    Around around_;
    HubSettings settings_;
    HubNumbers numbers_;
    std::uint64_t* replayed_;  // in numbers_.told
    std::uint64_t* control_;
    std::uint64_t* telling_;  // the one that counts at the moment
    RecentMessages recent_;   // before the mailboxes, which leave it
    Mailboxes mailboxes_;
    // Those that somebody left, in that order. Some have found a connection again, some are here twice.
    std::deque<std::pair<UserId, Mailbox::Clock::time_point>> departed_;
    asio::steady_timer sweep_;
    asio::steady_timer patrol_;
    std::size_t patrolled_ = 0;  // buckets of the map
    std::size_t crowd_ = 0;      // as many as were here when the first was sent away
    bool sweeping_ = false;
    bool stopped_ = false;
    std::uint64_t last_number_ = 0;
};

}  // namespace carillon::realtime
