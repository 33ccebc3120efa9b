#include "http/rate_limit.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cmath>

namespace carillon::http {

std::string address_key(std::string_view address) {
    namespace ip = boost::asio::ip;
    boost::system::error_code error;
    const auto parsed = ip::make_address(std::string{address}, error);
    if (error || parsed.is_v4()) return std::string{address};
    auto bytes = parsed.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return ip::address_v6{bytes}.to_string() + "/64";
}

RateLimiter::Verdict RateLimiter::take(std::string_view caller, Instant now) {
    Verdict verdict;
    if (unlimited()) return verdict;

    auto found = by_caller_.find(caller);
    if (found == by_caller_.end()) {
        if (buckets_.size() >= settings_.callers) {
            by_caller_.erase(buckets_.back().caller);
            buckets_.pop_back();
        }
        buckets_.push_front({std::string{caller}, settings_.burst, now});
        found = by_caller_.emplace(buckets_.front().caller, buckets_.begin()).first;
    } else {
        buckets_.splice(buckets_.begin(), buckets_, found->second);
    }

    auto& bucket = *found->second;
    const std::chrono::duration<double> elapsed = now - bucket.filled;
    bucket.tokens = std::min(settings_.burst, bucket.tokens + elapsed.count() * settings_.per_second);
    bucket.filled = now;
    verdict.allowed = bucket.tokens >= 1;
    if (verdict.allowed) bucket.tokens -= 1;
    verdict.remaining = static_cast<int>(bucket.tokens);
    const auto seconds_for = [this](double tokens) {
        return static_cast<int>(std::ceil(std::max(tokens, 0.0) / settings_.per_second));
    };
    verdict.seconds_until_full = seconds_for(settings_.burst - bucket.tokens);
    if (!verdict.allowed) verdict.retry_after_seconds = std::max(1, seconds_for(1 - bucket.tokens));
    return verdict;
}

}  // namespace carillon::http
