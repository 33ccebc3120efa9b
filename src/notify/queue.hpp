#pragma once
// The timer-driven queue: claims what is due for channels that have room, and sleeps until the next row is
// due. It is woken early by whatever this process puts off or makes room for; what other processes leave
// behind is found when their leases run out, which is a due time like any other.
//
// Threads: the event loop. Lifetime: outlives its coroutine; stop() ends it.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "db/database.hpp"
#include "notify/books.hpp"
#include "notify/claimer.hpp"
#include "notify/dispatcher.hpp"

namespace carillon::notify {

class Queue {
public:
    struct Settings {
        std::string node;
        std::chrono::seconds lease{30};
        std::size_t claim_limit = 500;
        // Nothing is due: look again after this long all the same, since another process may have written.
        std::chrono::seconds longest_sleep{30};
    };
    Queue(asio::any_io_executor executor, db::Database& database, const Channels& channels, Books& books,
          Dispatcher& dispatcher, Settings settings);

    void start();
    // Something is due in so long, or now.
    void wake(std::chrono::milliseconds due_in = std::chrono::milliseconds{0});
    asio::awaitable<void> stop();

    // Rounds at once, whatever the timer says: what `POST process-queue` does. Each delivery is told of
    // before it goes.
    using Taking = std::function<void(const DeliveryId&)>;
    asio::awaitable<void> process(bool ignore_due_time, const Taking& taking);
    // For health and metrics; the last time that a look at the table succeeded.
    [[nodiscard]] std::chrono::steady_clock::time_point last_look() const noexcept { return last_look_; }

private:
    asio::awaitable<void> run();
    asio::awaitable<std::size_t> claim_some(const Taking* taking);
    asio::awaitable<std::chrono::milliseconds> time_to_next();
    [[nodiscard]] std::vector<Wish> wishes() const;
    [[nodiscard]] std::optional<Time> floor_of(const std::string& channel, bool bulk) const;
    void move_floors(const std::vector<Wish>& wishes, const Claims& claims);

    asio::any_io_executor executor_;
    db::Database& database_;
    const Channels& channels_;
    Books& books_;
    Dispatcher& dispatcher_;
    Settings settings_;
    asio::steady_timer timer_;
    asio::steady_timer stopped_;
    std::chrono::steady_clock::time_point wake_at_{};
    std::chrono::steady_clock::time_point last_sweep_{};
    std::chrono::steady_clock::time_point last_look_{};
    std::map<std::pair<std::string, bool>, Time> floors_;  // by channel and class
    bool was_away_ = false;
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace carillon::notify
