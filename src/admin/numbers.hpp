#pragma once
// What other rooms know and admin shows. Plain values, handed over by whoever builds the server, so that
// admin sees neither the database nor a socket.
#include <prometheus/metric_family.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::admin {

struct DatabaseNumbers {
    bool up = false;
    std::size_t connections = 0;  // open
    std::size_t busy = 0;
    std::size_t waiting = 0;  // jobs without a connection
    std::uint64_t jobs = 0;   // finished since the start, as the two below
    std::uint64_t retries = 0;
    std::uint64_t reconnects = 0;
};

struct Counted {
    std::string_view label;  // a literal out of a short closed list: it becomes a time series
    std::uint64_t count = 0;
};

struct ConnectionNumbers {
    std::vector<Counted> open;     // by kind, now
    std::vector<Counted> refused;  // by reason, since the start
};

struct SocketNumbers {
    std::size_t connections = 0;
    std::size_t users = 0;
    std::size_t queued_bytes = 0;
    std::size_t recent_bytes = 0;
    std::size_t arrivals_waiting = 0;
    std::uint64_t opened = 0;
    std::uint64_t received = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t fell_behind = 0;
    std::uint64_t pages = 0;
    std::vector<std::pair<std::string, std::uint64_t>> told;    // by type, out of a closed list
    std::vector<std::pair<std::string, std::uint64_t>> closed;  // by close code
    std::vector<std::pair<std::string, std::uint64_t>> ended;   // by reason, those the server gave up
};

// Asked on the event loop, at every scrape.
struct Sources {
    std::function<DatabaseNumbers()> database;
    std::function<ConnectionNumbers()> connections;
    std::function<std::vector<prometheus::MetricFamily>()> deliveries = {};
    std::function<std::vector<prometheus::MetricFamily>()> sockets = {};
};

}  // namespace carillon::admin
