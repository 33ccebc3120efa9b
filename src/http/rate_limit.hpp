#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace carillon::http {

// What counts as one address: a household or a server has a whole /64 of IPv6 to itself.
[[nodiscard]] std::string address_key(std::string_view address);

// One token bucket per caller. Bounded: when too many callers are known, the one not seen for longest is
// forgotten, which at worst gives it a full bucket again.
class RateLimiter {
public:
    using Instant = std::chrono::steady_clock::time_point;

    struct Settings {
        double per_second = 50;  // 0: no limit
        double burst = 100;
        std::size_t callers = 100'000;
    };
    struct Verdict {
        bool allowed = true;
        int remaining = 0;  // whole requests left right now
        int seconds_until_full = 0;
        int retry_after_seconds = 0;  // when not allowed: until one request is possible
    };

    explicit RateLimiter(Settings settings) : settings_{settings} {}

    [[nodiscard]] bool unlimited() const noexcept { return settings_.per_second <= 0; }
    [[nodiscard]] Verdict take(std::string_view caller, Instant now);
    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

private:
    struct Bucket {
        std::string caller;
        double tokens;
        Instant filled;
    };
    Settings settings_;
    std::list<Bucket> buckets_;  // the most recently seen first
    std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_caller_;
};

}  // namespace carillon::http
