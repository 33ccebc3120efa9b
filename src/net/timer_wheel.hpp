#pragma once
// Deadlines for very many sockets: setting one costs a few instructions and no allocation.
//
// Threads: the event loop. Lifetime: a Deadline takes itself off the wheel when it goes.
// Precision: one tick (250 ms), which is plenty for time limits counted in seconds.
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>

namespace carillon::net {

namespace asio = boost::asio;

class TimerWheel {
public:
    static constexpr std::chrono::milliseconds tick{250};

    class Deadline {
    public:
        Deadline(TimerWheel& wheel, std::function<void()> expired);
        ~Deadline();
        Deadline(const Deadline&) = delete;
        Deadline& operator=(const Deadline&) = delete;

        // A later deadline only notes the time; the wheel looks again when the old one comes by.
        void set(std::chrono::milliseconds from_now);
        void clear() noexcept { due_ = 0; }

    private:
        friend class TimerWheel;
        void unlink() noexcept;

        TimerWheel& wheel_;
        std::function<void()> expired_;
        std::uint64_t due_ = 0;   // in ticks; 0: none
        std::uint64_t slot_ = 0;  // the tick at which the wheel comes by; 0: not linked
        Deadline* next_ = nullptr;
        Deadline** link_ = nullptr;
    };

    explicit TimerWheel(asio::io_context& io) : timer_{io} {}

    // Runs until stop().
    asio::awaitable<void> run();
    void stop();
    // What run() does at every tick; the tests turn the wheel by hand.
    void advance();

private:
    void link(Deadline& deadline, std::uint64_t slot);

    static constexpr std::size_t slots = 512;
    asio::steady_timer timer_;
    std::array<Deadline*, slots> wheel_{};
    std::uint64_t now_ = 1;
    bool stopped_ = false;
};

}  // namespace carillon::net
