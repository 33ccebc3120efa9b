#pragma once
// What a token says once its signature is proven.
#include <carillon/error.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include "http/jwt.hpp"

namespace carillon::http::jwt {

struct ClaimRules {
    std::string issuer;    // empty: any
    std::string audience;  // empty: any
    std::chrono::seconds leeway{30};
};

// The last second that a token may speak of, 9999-12-31T23:59:59Z: RFC 3339 cannot write a later one.
inline constexpr std::int64_t last_second = 253'402'300'799;

// 1 to 128 code points of well-formed UTF-8, none of them a control character.
[[nodiscard]] bool is_user_id(std::string_view text) noexcept;

// Takes the second part of a token, decoded. Code "token_expired" only when expiry is all that is wrong, so
// that a client knows when a fresh token will help.
[[nodiscard]] Result<Claims> read_claims(std::string_view payload, const ClaimRules& rules, Time now);

}  // namespace carillon::http::jwt
