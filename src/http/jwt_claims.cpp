#include "http/jwt_claims.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>
#include <carillon/json.hpp>
#include "core/utf8.hpp"
#include "http/jwt_header.hpp"

namespace carillon::http::jwt {
namespace {

constexpr std::size_t longest_user_id = 128;  // code points

std::optional<std::string_view> text_claim(const Json& claims, const char* name) {
    const auto claim = claims.find(name);
    if (claim == claims.end() || !claim->is_string()) return std::nullopt;
    return claim->get_ref<const std::string&>();
}

// NumericDate (RFC 7519, 2): seconds, perhaps with a fraction. The bounds come before the arithmetic, so that
// no number a token can hold overflows Time.
std::optional<Time> to_time(const Json& number) {
    if (number.is_number_unsigned()) {
        const auto seconds = number.get<std::uint64_t>();
        if (seconds > static_cast<std::uint64_t>(last_second)) return std::nullopt;
        return Time{std::chrono::seconds{static_cast<std::int64_t>(seconds)}};
    }
    if (number.is_number_float()) {
        const auto seconds = number.get<double>();
        if (!(seconds >= 0 && seconds < static_cast<double>(last_second) + 1)) return std::nullopt;
        return Time{std::chrono::microseconds{static_cast<std::int64_t>(std::floor(seconds * 1e6))}};
    }
    return std::nullopt;  // not a number, or a negative integer
}

// False: it is there and is not a time. An absent claim is neither.
bool read_time(const Json& claims, const char* name, std::optional<Time>& time) {
    const auto claim = claims.find(name);
    if (claim == claims.end()) return true;
    time = to_time(*claim);
    return time.has_value();
}

bool names_audience(const Json& claims, const std::string& audience) {
    const auto claim = claims.find("aud");
    if (claim == claims.end()) return false;
    if (claim->is_string()) return claim->get_ref<const std::string&>() == audience;
    if (!claim->is_array()) return false;
    const auto is_text = [](const Json& entry) { return entry.is_string(); };
    const auto is_ours = [&audience](const Json& entry) {
        return entry.get_ref<const std::string&>() == audience;
    };
    return std::all_of(claim->begin(), claim->end(), is_text) &&
           std::any_of(claim->begin(), claim->end(), is_ours);
}

Result<Claims> read_identity(const Json& claims) {
    const auto sub = text_claim(claims, "sub");
    if (!sub || !is_user_id(*sub))
        return token_error(
            "The token's sub must be a user id of 1 to 128 characters, without control characters.");
    const auto role_name = text_claim(claims, "role");
    const auto role = role_name ? role_named(*role_name) : std::nullopt;
    if (!role) return token_error("The token's role is missing or is not one that this server knows.");
    return Claims{UserId{std::string{*sub}}, *role, Time{}};
}

Result<void> check_origin(const Json& claims, const ClaimRules& rules) {
    if (!rules.issuer.empty() && text_claim(claims, "iss") != rules.issuer)
        return token_error("The token is from another issuer (iss).");
    if (!rules.audience.empty() && !names_audience(claims, rules.audience))
        return token_error("The token is for another audience (aud).");
    return {};
}

// RFC 7519, 4.1.4: "on or after" the expiry is too late; the leeway moves both ends outwards.
Result<Time> check_times(const Json& claims, std::chrono::seconds leeway, Time now) {
    std::optional<Time> expires;
    std::optional<Time> not_before;
    std::optional<Time> issued;
    if (!read_time(claims, "exp", expires) || !expires)
        return token_error("The token's exp must be a time in seconds since 1970.");
    if (!read_time(claims, "nbf", not_before)) return token_error("The token's nbf is not a time.");
    if (!read_time(claims, "iat", issued)) return token_error("The token's iat is not a time.");
    if (not_before && now + leeway < *not_before) return token_error("The token is not valid yet (nbf).");
    if (issued && now + leeway < *issued) return token_error("The token was issued in the future (iat).");
    if (now >= *expires + leeway)
        return Error{Failure::unauthenticated, "token_expired", "The token has expired."};
    return *expires;
}

}  // namespace

bool is_user_id(std::string_view text) noexcept {
    std::size_t code_points = 0;
    for (std::size_t at = 0; at < text.size(); ++code_points) {
        const auto length = utf8_length(text, at);
        if (length == 0 || is_control(text.substr(at, length))) return false;
        at += length;
    }
    return code_points >= 1 && code_points <= longest_user_id;
}

Result<Claims> read_claims(std::string_view payload, const ClaimRules& rules, Time now) {
    const auto claims = parse_json(payload);
    if (!claims || !claims->is_object()) return token_error("The token's claims are not a JSON object.");
    auto result = read_identity(*claims);
    if (!result) return result;
    if (const auto origin = check_origin(*claims, rules); !origin) return origin.error();
    const auto expires = check_times(*claims, rules.leeway, now);
    if (!expires) return expires.error();
    result->expires = *expires;
    return result;
}

}  // namespace carillon::http::jwt
