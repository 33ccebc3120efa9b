#pragma once
#include <algorithm>
#include <chrono>

namespace carillon::realtime {

// So many a second, and so many at once. Small, since every connection has some.
class TokenBucket {
public:
    using Instant = std::chrono::steady_clock::time_point;
    struct Rate {
        float per_second;
        float burst;
    };

    [[nodiscard]] bool take(const Rate& rate, Instant now) noexcept {
        // Counted in what was spent, so that a new one is full without knowing its rate.
        const auto passed = std::chrono::duration<float>{now - since_}.count();
        spent_ = std::max(0.0F, spent_ - passed * rate.per_second);
        since_ = now;
        if (spent_ + 1 > rate.burst) return false;
        spent_ += 1;
        return true;
    }

private:
    float spent_ = 0;
    Instant since_;
};

}  // namespace carillon::realtime
