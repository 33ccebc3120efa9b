#pragma once
// How much was sent, how well, and how fast. Read from counts by the hour, never from the record.
//
// Who writes messages appends what changed to `count_changes`; fold() sums that up from time to time. A
// reading takes both together, so it is exact whenever it comes.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/time.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/database.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

using CountsByName = std::map<std::string, std::int64_t, std::less<>>;

struct DayCounts {
    std::string day;  // "2026-11-21", in UTC
    CountsByName by_status;
};

struct Percentiles {
    std::int64_t p50 = 0;
    std::int64_t p95 = 0;
    std::int64_t p99 = 0;
};

struct StatisticsReport {
    Time from;  // the beginning of the first of the days
    CountsByName by_status;
    CountsByName by_channel;
    std::map<std::string, CountsByName, std::less<>> by_channel_status;
    CountsByName by_type;
    std::vector<DayCounts> by_day;  // every day, the oldest first
    CountsByName reasons;
    std::int64_t retries = 0;
    std::int64_t queue_size = 0;
    std::optional<Percentiles> latency_ms;  // from the message's making to its sending

    [[nodiscard]] std::int64_t total() const;
    // Of those that have come to an end and were not skipped, how many the provider took. Nothing without
    // any.
    [[nodiscard]] std::optional<double> success_rate() const;
    // Of those that a provider took who tells of arrivals, how many are known to have arrived.
    [[nodiscard]] std::optional<double> delivery_rate() const;
};

class Statistics {
public:
    Statistics(db::Database& database, Clock clock);

    // Sums up a slice of what changed; how many rows it took, 0 when there are none or another server is at
    // it.
    asio::awaitable<int> fold(int slice = 20'000);
    // Days that nobody asks the hours of any more become one row each; how many rows that took away.
    asio::awaitable<int> condense();

    // Whole days in UTC, today among them.
    asio::awaitable<StatisticsReport> read(int days);

private:
    db::Database& database_;
    Clock clock_;
};

// From how many latencies fell into which bucket, bucket b being from 2^(b/4) to 2^((b+1)/4) ms; in between
// they are taken to be spread evenly.
[[nodiscard]] std::optional<Percentiles> percentiles_of(const std::map<int, std::int64_t>& buckets);

}  // namespace carillon::notify
