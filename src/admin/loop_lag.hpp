#pragma once
// How late the event loop comes to its work: a timer that notes by how much it was missed.
//
// Threads: the event loop. Lifetime: destroyed only when the loop no longer runs.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>

namespace carillon::admin {

namespace asio = boost::asio;

class LoopLag {
public:
    using Instant = std::chrono::steady_clock::time_point;
    using Observe = std::function<void(std::chrono::nanoseconds late)>;

    struct Settings {
        std::chrono::milliseconds period{100};
        std::chrono::milliseconds warn_above{250};
        std::chrono::seconds warn_every{60};
    };

    LoopLag(asio::any_io_executor loop, Settings settings, Observe observe);

    void start();
    void stop();

    // One measurement. True when it was worth a warning, and one was written: a loop that stays slow is told
    // of once a minute.
    bool note(Instant due, Instant now);

    [[nodiscard]] std::chrono::nanoseconds last() const noexcept { return last_; }
    [[nodiscard]] std::chrono::nanoseconds maximum() const noexcept { return maximum_; }

private:
    void wait_until(Instant due);

    Settings settings_;
    Observe observe_;
    asio::steady_timer timer_;
    bool running_ = false;
    std::chrono::nanoseconds last_{0};
    std::chrono::nanoseconds maximum_{0};
    std::optional<Instant> warned_;
};

}  // namespace carillon::admin
