#pragma once
// After a restart everybody comes back at once. They are let in one after the other, so many a second, in the
// order they came: so those who are here already are served meanwhile, and nobody has to be sent away.
//
// Threads: the event loop. Lifetime: outlives whoever waits for a turn.
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace carillon::realtime {

namespace asio = boost::asio;

class Arrivals {
public:
    Arrivals(const asio::any_io_executor& executor, std::size_t per_second);

    // False: too many wait already; come back later.
    asio::awaitable<bool> turn();
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::uint64_t turned_away() const noexcept { return turned_away_; }

private:
    void wind();
    void admit();

    std::size_t per_tick_;
    std::size_t free_;  // of this tick
    std::deque<asio::any_completion_handler<void()>> waiting_;
    asio::steady_timer timer_;
    bool wound_ = false;
    std::uint64_t turned_away_ = 0;
};

}  // namespace carillon::realtime
