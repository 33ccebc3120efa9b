#pragma once
// How fast a provider may be written to. Counts by the theoretical arrival time (GCRA): the one instant at
// which all that was sent would have been due, had it gone out evenly. One thread.
#include <chrono>

namespace carillon::notify {

// A token bucket for one provider.
class Pace {
public:
    using Instant = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    struct Settings {
        double per_second = 0;  // 0: no limit
        double burst = 1;       // how many may go at once after a pause
    };
    explicit Pace(Settings settings);

    // How long until the next call may be made; zero takes its turn.
    [[nodiscard]] Duration take(Instant now);

private:
    Duration interval_{0};
    Duration tolerance_{0};
    Instant due_{};  // the theoretical arrival time of the next call
};

}  // namespace carillon::notify
