#pragma once
// WhatsApp's limit of one business number and one person: a message every six seconds, or up to 45 within six
// seconds that borrow their time. A debt is paid back before anything more goes out: after 20 at once the
// person is left alone for two minutes. So a plain token bucket, which gives a token back every six seconds,
// is not enough.
//
// Threads: the event loop. Bounded: whoever owes nothing is forgotten, and beyond the limit newcomers are not
// held back; the provider's own refusal (131056) does the work.
#include <carillon/time.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace carillon::channels {

struct PairLimitSettings {
    std::chrono::milliseconds interval{6'000};
    std::chrono::milliseconds burst_window{6'000};
    int burst = 45;
    std::size_t remembered = 100'000;  // people
};

class PairLimit {
public:
    PairLimit(PairLimitSettings settings, Clock clock) : settings_{settings}, clock_{std::move(clock)} {}

    // Zero takes the turn; anything else is how long to wait before asking again.
    [[nodiscard]] std::chrono::milliseconds wait_for_turn(const std::string& person);
    // The message did not go out after all.
    void give_back(const std::string& person);
    [[nodiscard]] std::size_t remembered() const noexcept { return debts_.size(); }

private:
    struct Debt {
        Time since;    // when the burst began
        Time paid_at;  // when nothing will be owed
        int messages = 0;
    };
    void forget_paid(Time now);

    const PairLimitSettings settings_;
    const Clock clock_;
    std::unordered_map<std::string, Debt> debts_;
    Time next_clearing_;
};

}  // namespace carillon::channels
