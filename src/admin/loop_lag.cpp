#include "admin/loop_lag.hpp"

#include <algorithm>
#include <utility>

#include <carillon/log.hpp>

namespace carillon::admin {

LoopLag::LoopLag(asio::any_io_executor loop, Settings settings, Observe observe)
    : settings_{settings}, observe_{std::move(observe)}, timer_{std::move(loop)} {}

void LoopLag::start() {
    running_ = true;
    wait_until(std::chrono::steady_clock::now() + settings_.period);
}

void LoopLag::stop() {
    running_ = false;
    timer_.cancel();
}

void LoopLag::wait_until(Instant due) {
    timer_.expires_at(due);
    timer_.async_wait([this, due](const boost::system::error_code& stopped) {
        if (stopped || !running_) return;  // a timer that has fired already cannot be cancelled any more
        const auto now = std::chrono::steady_clock::now();
        note(due, now);
        // From now, not from `due`: a loop that stood still for a second is one late timer, not ten.
        if (running_) wait_until(now + settings_.period);
    });
}

bool LoopLag::note(Instant due, Instant now) {
    last_ = std::max<std::chrono::nanoseconds>(now - due, std::chrono::nanoseconds{0});
    maximum_ = std::max(maximum_, last_);
    observe_(last_);
    if (last_ <= settings_.warn_above) return false;
    if (warned_ && now - *warned_ < settings_.warn_every) return false;
    warned_ = now;
    log::warn("event loop late",
              {{"late_ms", std::chrono::duration_cast<std::chrono::milliseconds>(last_).count()}});
    return true;
}

}  // namespace carillon::admin
