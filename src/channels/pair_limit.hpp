#pragma once
// How often one person may be written to: WhatsApp takes a message every six seconds, and a burst of 45 that
// is borrowed from the time to come.
//
// Threads: the event loop. Bounded: beyond the limit newcomers are not held back, and the provider's own
// refusal (131056) does the work.
#include <carillon/time.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carillon::channels {

struct PairLimitSettings {
    std::chrono::milliseconds interval{6'000};
    int burst = 45;
    std::size_t remembered = 100'000;  // people
};

class PairLimit {
public:
    PairLimit(PairLimitSettings settings, Clock clock) : settings_{settings}, clock_{std::move(clock)} {}

    // Zero takes the turn; anything else is how long to wait before asking again.
    [[nodiscard]] std::chrono::milliseconds wait_for_turn(const std::string& person);
    [[nodiscard]] std::size_t remembered() const noexcept { return paid_until_.size(); }

private:
    void forget_the_rested(Time now);

    const PairLimitSettings settings_;
    const Clock clock_;
    // Generic cell rate: each message pays for an interval, and a burst is how far one may be in debt.
    std::unordered_map<std::string, Time> paid_until_;
    Time next_clearing_;
};

}  // namespace carillon::channels
