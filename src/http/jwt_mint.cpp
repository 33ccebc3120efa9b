#include <chrono>
#include <cstdint>
#include <string>
#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include "http/jwt.hpp"
#include "http/jwt_claims.hpp"
#include "http/jwt_key.hpp"

namespace carillon::http {

Result<std::string> mint_token(const TokenRequest& request, const Secret& secret, Time now) {
    if (auto fit = jwt::check_secret(secret); !fit) return fit.error();
    if (!jwt::is_user_id(request.user.value()))
        return Error{Failure::invalid, "a user id has 1 to 128 characters and no control characters"};
    if (!is_utf8(request.issuer) || !is_utf8(request.audience))
        return Error{Failure::invalid, "the issuer and the audience must be UTF-8"};
    const std::int64_t issued = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    if (issued < 0 || request.ttl.count() <= 0 || request.ttl.count() > jwt::last_second - issued)
        return Error{Failure::invalid,
                     "a token must live for a second or more and end before the year 10000"};

    Json claims{{"sub", request.user.value()},
                {"role", name_of(request.role)},
                {"iat", issued},
                {"exp", issued + request.ttl.count()},
                {"jti", to_base64url(random_bytes(16))}};
    if (!request.issuer.empty()) claims["iss"] = request.issuer;
    if (!request.audience.empty()) claims["aud"] = request.audience;

    const auto text = to_base64url(R"({"alg":"HS256","typ":"JWT"})") + '.' + to_base64url(to_text(claims));
    return text + '.' + to_base64url(jwt::sign_hs256(secret, text));
}

}  // namespace carillon::http
