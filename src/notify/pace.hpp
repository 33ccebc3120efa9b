#pragma once
// How fast a provider, and how often one person, may be written to. Both count by the theoretical arrival
// time (GCRA): the one instant at which all that was sent would have been due, had it gone out evenly. One
// thread.
#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

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

// WhatsApp's limit of one business number and one person: a message every six seconds, or up to 45 within six
// seconds that borrow their time. A debt is paid back before anything more goes out: after 20 at once the
// person is left alone for two minutes. So a plain token bucket, which gives a token back every six seconds,
// is not enough.
//
// Memory: whoever owes nothing is forgotten, so that there is a row only for those written to a moment ago.
class PairLimit {
public:
    using Instant = Pace::Instant;
    using Duration = Pace::Duration;

    struct Settings {
        Duration interval = std::chrono::seconds{6};
        Duration burst_window = std::chrono::seconds{6};
        int burst = 45;
    };
    explicit PairLimit(Settings settings) : settings_{settings} {}

    // How long until this recipient may be written to; zero takes the turn.
    [[nodiscard]] Duration take(const std::string& recipient, Instant now);

    [[nodiscard]] std::size_t size() const noexcept { return debts_.size(); }

private:
    struct Debt {
        Instant since;    // when the burst began
        Instant paid_at;  // when nothing will be owed
        int messages;
    };
    void forget_paid(Instant now);

    static constexpr std::size_t few = 1'024;  // not worth looking through

    Settings settings_;
    std::unordered_map<std::string, Debt> debts_;
    std::size_t look_again_at_ = few;
};

}  // namespace carillon::notify
