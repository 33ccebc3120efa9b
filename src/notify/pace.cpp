#include "notify/pace.hpp"

#include <algorithm>

namespace carillon::notify {
namespace {

Pace::Duration seconds_of(double count) {
    return std::chrono::duration_cast<Pace::Duration>(std::chrono::duration<double>{count});
}

}  // namespace

Pace::Pace(Settings settings) {
    if (settings.per_second <= 0) return;
    interval_ = seconds_of(1 / settings.per_second);
    tolerance_ = seconds_of((std::max(settings.burst, 1.0) - 1) / settings.per_second);
}

Pace::Duration Pace::take(Instant now) {
    if (interval_ == Duration::zero()) return Duration::zero();
    if (const auto earliest = due_ - tolerance_; now < earliest) return earliest - now;
    due_ = std::max(due_, now) + interval_;
    return Duration::zero();
}

PairLimit::Duration PairLimit::take(const std::string& recipient, Instant now) {
    if (debts_.size() >= look_again_at_) forget_paid(now);
    auto& debt =
        debts_.try_emplace(recipient, Debt{.since = now, .paid_at = now, .messages = 0}).first->second;
    if (debt.paid_at <= now) debt = {.since = now, .paid_at = now, .messages = 0};
    const bool may_borrow = now < debt.since + settings_.burst_window && debt.messages < settings_.burst;
    if (!may_borrow) return debt.paid_at - now;
    debt.paid_at += settings_.interval;
    ++debt.messages;
    return Duration::zero();
}

// Looking through all of them once for every doubling costs each message a constant.
void PairLimit::forget_paid(Instant now) {
    std::erase_if(debts_, [now](const auto& each) { return each.second.paid_at <= now; });
    look_again_at_ = std::max(few, 2 * debts_.size());
}

}  // namespace carillon::notify
