#pragma once
// A circuit breaker, one for each provider: stops hammering one that is down, and finds out when it is back.
//
//              too many failures             the rest is over
//   closed ──────────────────────────► open ──────────────────► half_open: one probe
//     ▲                                  ▲                           │
//     │                                  └───── failure: twice as long
//     └───────────────────────────── success ────────────────────────┘
//
// One thread. Time and chance come in from outside. A breaker cannot tell the probe's outcome from that of a
// call made before it opened; the rest being longer than most calls, that is rare, and either answer is news.
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

namespace carillon::notify {

class Breaker {
public:
    using Instant = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;
    enum class State { closed, open, half_open };

    struct Settings {
        int failures_in_a_row = 5;
        double share = 0.5;      // of failures among the results of the window…
        int least_results = 20;  // …if there are so many
        Duration window = std::chrono::seconds{60};
        Duration first_rest = std::chrono::seconds{10};  // doubles with every probe that fails
        Duration longest_rest = std::chrono::minutes{5};
        double jitter = 0.2;  // a rest is 80 % to 120 % of it, lest several servers probe as one
        // After it a probe that never came back is forgotten, and another may go.
        Duration probe_patience = std::chrono::seconds{30};
    };

    // random: evenly from 0 to 1.
    Breaker(Settings settings, std::function<double()> random);

    // Whether a call may be made now. In half_open the one that is allowed is the probe.
    [[nodiscard]] bool allow(Instant now);
    void succeeded(Instant now);
    void failed(Instant now);

    [[nodiscard]] State state() const noexcept { return state_; }
    // When allow() is worth asking again; in the past while the breaker is closed.
    [[nodiscard]] Instant reopens() const noexcept { return reopens_; }

private:
    // The window slides by a tenth of itself.
    static constexpr std::size_t slices = 10;
    struct Slice {
        std::int64_t number = -1;
        int successes = 0;
        int failures = 0;
    };

    Slice& slice_at(Instant now);
    [[nodiscard]] bool fails_too_often(Instant now) const;
    [[nodiscard]] std::int64_t slice_number(Instant now) const;
    void open(Instant now);
    void close();

    Settings settings_;
    std::function<double()> random_;
    State state_ = State::closed;
    int failures_in_a_row_ = 0;
    std::array<Slice, slices> results_{};
    Duration next_rest_;
    Instant reopens_{};
};

[[nodiscard]] std::string_view name_of(Breaker::State state) noexcept;

}  // namespace carillon::notify
