#pragma once
// What other rooms know and admin shows. Plain values, handed over by whoever builds the server, so that
// admin sees neither the database nor a socket.
#include <prometheus/metric_family.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
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

// Asked on the event loop, at every scrape.
struct Sources {
    std::function<DatabaseNumbers()> database;
    std::function<ConnectionNumbers()> connections;
    std::function<std::vector<prometheus::MetricFamily>()> deliveries = {};
};

}  // namespace carillon::admin
