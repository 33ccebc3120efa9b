#include "channels/pair_limit.hpp"

namespace carillon::channels {

std::chrono::milliseconds PairLimit::wait_for_turn(const std::string& person) {
    using std::chrono::milliseconds;
    const auto now = clock_();
    const Debt none{.since = now, .paid_at = now, .messages = 0};
    auto found = debts_.find(person);
    if (found == debts_.end()) {
        if (debts_.size() >= settings_.remembered) forget_paid(now);
        if (debts_.size() >= settings_.remembered) return milliseconds::zero();
        found = debts_.emplace(person, none).first;
    }
    auto& debt = found->second;
    if (debt.paid_at <= now) debt = none;
    const bool may_borrow = now < debt.since + settings_.burst_window && debt.messages < settings_.burst;
    if (!may_borrow) return std::chrono::ceil<milliseconds>(debt.paid_at - now);
    debt.paid_at += settings_.interval;
    ++debt.messages;
    return milliseconds::zero();
}

void PairLimit::give_back(const std::string& person) {
    const auto found = debts_.find(person);
    if (found == debts_.end() || found->second.messages == 0) return;
    found->second.paid_at -= settings_.interval;
    --found->second.messages;
}

// Not with every newcomer: going through all of them is dear, and within an interval little changes.
void PairLimit::forget_paid(Time now) {
    if (now < next_clearing_) return;
    next_clearing_ = now + settings_.interval;
    std::erase_if(debts_, [now](const auto& entry) { return entry.second.paid_at <= now; });
}

}  // namespace carillon::channels
