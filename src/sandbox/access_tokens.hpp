#pragma once
#include <carillon/time.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

namespace carillon::sandbox {

// The access tokens that were given out and are still good.
class AccessTokens {
public:
    [[nodiscard]] std::string issue(Time now, std::chrono::seconds life);
    [[nodiscard]] bool good(const std::string& token, Time now) const;
    // From now on only what is issued after this is good.
    void revoke_all();

private:
    // A client keeps one or two; the oldest of more are forgotten.
    static constexpr std::size_t limit = 1'000;

    std::unordered_map<std::string, Time> good_till_;
    std::deque<std::string> in_order_;
};

}  // namespace carillon::sandbox
