#include "sandbox/access_tokens.hpp"

#include <carillon/bytes.hpp>

namespace carillon::sandbox {

std::string AccessTokens::issue(Time now, std::chrono::seconds life) {
    auto token = "ya29.sandbox-" + to_base64url(random_bytes(32));
    good_till_.emplace(token, now + life);
    in_order_.push_back(token);
    if (in_order_.size() > limit) {
        good_till_.erase(in_order_.front());
        in_order_.pop_front();
    }
    return token;
}

bool AccessTokens::good(const std::string& token, Time now) const {
    const auto found = good_till_.find(token);
    return found != good_till_.end() && now < found->second;
}

void AccessTokens::revoke_all() {
    good_till_.clear();
    in_order_.clear();
}

}  // namespace carillon::sandbox
