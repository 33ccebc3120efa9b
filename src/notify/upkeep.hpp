#pragma once
// What the pipeline's tables need from time to time: partitions for the months to come, counts summed up,
// feeds and receipts trimmed. Every server does it; the database sees to it that each thing is done once.
//
// Threads: the event loop. Lifetime: outlives its coroutine.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <carillon/time.hpp>
#include <chrono>

#include "db/database.hpp"
#include "notify/operations.hpp"
#include "notify/statistics.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Upkeep {
public:
    struct Settings {
        std::chrono::hours receipts_kept{24 * 90};
        std::chrono::seconds every{10};
    };
    Upkeep(asio::any_io_executor executor, db::Database& database, Settings settings, Clock clock);

    // Before anything is written: this month must have its partitions.
    asio::awaitable<void> prepare();
    void start();
    asio::awaitable<void> stop();
    [[nodiscard]] const QueueNumbers& queue() const noexcept { return queue_; }

private:
    asio::awaitable<void> run();
    asio::awaitable<void> round();
    asio::awaitable<void> make_partitions();
    asio::awaitable<void> trim();

    asio::any_io_executor executor_;
    db::Database& database_;
    Settings settings_;
    Statistics statistics_;
    Operations operations_;
    QueueNumbers queue_;
    asio::steady_timer timer_;
    asio::steady_timer stopped_;
    std::chrono::steady_clock::time_point last_partitions_{};
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace carillon::notify
