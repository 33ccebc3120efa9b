#pragma once
// Keeps a misconfigured project from emptying the table of devices: under the wrong one every device looks
// as if it were gone.
//
// Threads: the event loop. Bounded: the last 50 targets and 256 shapes of messages.
#include <carillon/time.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string_view>
#include <unordered_map>

namespace carillon::channels {

class RemovalGuard {
public:
    static constexpr std::size_t window = 50;  // targets, each counted once
    // Only good news ages: where little is sent, a wrong project shows its face over hours.
    static constexpr std::chrono::seconds good_news_lasts{60};

    explicit RemovalGuard(Clock clock) : clock_{std::move(clock)} {}

    // A message of this shape reached this target. Whatever was suspected was wrong.
    void accepted(std::size_t shape, std::string_view target);
    // Whether one of this shape has gone through to somebody else, so that a complaint about the token is
    // about the token.
    [[nodiscard]] bool shape_is_proven(std::size_t shape, std::string_view target) const;
    // This target is said to be gone. False: too many are and none is well; do not believe it. Stays false
    // until one has been reached again.
    [[nodiscard]] bool believes_gone(std::string_view target);

private:
    struct Seen {
        std::size_t target;
        Time at;
        bool gone;
    };
    struct Proof {
        std::size_t first;    // the target that took it
        bool others = false;  // another did too
    };

    void note(std::string_view target, bool gone);

    const Clock clock_;
    std::deque<Seen> seen_;  // the latest last
    std::unordered_map<std::size_t, Proof> proofs_;
    bool suspicious_ = false;
};

}  // namespace carillon::channels
