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

}  // namespace carillon::notify
