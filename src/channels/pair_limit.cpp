#include "channels/pair_limit.hpp"

#include <algorithm>

namespace carillon::channels {

std::chrono::milliseconds PairLimit::wait_for_turn(const std::string& person) {
    using std::chrono::milliseconds;
    const auto now = clock_();
    const auto found = paid_until_.find(person);
    if (found == paid_until_.end()) {
        if (paid_until_.size() >= settings_.remembered) forget_the_rested(now);
        if (paid_until_.size() < settings_.remembered) paid_until_.emplace(person, now + settings_.interval);
        return milliseconds::zero();
    }
    auto& paid_until = found->second;
    const auto free_at = paid_until - settings_.interval * (settings_.burst - 1);
    if (free_at > now) return std::chrono::ceil<milliseconds>(free_at - now);
    paid_until = std::max(paid_until, now) + settings_.interval;
    return milliseconds::zero();
}

// Not with every newcomer: going through all of them is dear, and within an interval little changes.
void PairLimit::forget_the_rested(Time now) {
    if (now < next_clearing_) return;
    next_clearing_ = now + settings_.interval;
    std::erase_if(paid_until_, [now](const auto& entry) { return entry.second <= now; });
}

}  // namespace carillon::channels
