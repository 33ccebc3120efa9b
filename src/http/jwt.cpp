#include "http/jwt.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>
#include <carillon/bytes.hpp>
#include "http/jwt_claims.hpp"
#include "http/jwt_header.hpp"
#include "http/jwt_keys.hpp"

namespace carillon::http {
namespace {

constexpr std::size_t longest_token = 8 * 1024;
// A token without a kid is tried against every key of its algorithm; more would let a forger buy RSA
// verifications on the event loop with one small request.
constexpr std::ptrdiff_t most_tries = 4;
constexpr std::chrono::seconds longest_leeway{300};

struct TokenParts {
    std::string_view header;
    std::string_view payload;
    std::string_view signature;
    std::string_view signed_text;  // header and payload as they were sent
};

Result<TokenParts> split_token(std::string_view token) {
    if (token.size() > longest_token) return jwt::token_error("The token is longer than 8192 bytes.");
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return jwt::token_error("The token is not a JWT of three parts.");
    return TokenParts{token.substr(0, first), token.substr(first + 1, second - first - 1),
                      token.substr(second + 1), token.substr(0, second)};
}

}  // namespace

struct JwtVerifier::Keys {
    std::vector<jwt::Key> all;
    jwt::ClaimRules rules;

    [[nodiscard]] Result<void> check_signature(const jwt::TokenHeader& header, std::string_view text,
                                               std::string_view signature) const {
        // A kid that one of our keys bears means that key alone, even if its algorithm is another: then
        // nothing fits. A kid that none bears can only mean a key that was given to us without a name.
        const auto bears_kid = [&header](const jwt::Key& key) { return key.kid() == header.kid; };
        const auto named = header.kid && std::any_of(all.begin(), all.end(), bears_kid);
        const auto fits = [&](const jwt::Key& key) {
            if (key.algorithm() != header.algorithm) return false;
            return !header.kid || (named ? bears_kid(key) : !key.kid().has_value());
        };
        const auto candidates = std::count_if(all.begin(), all.end(), fits);
        if (candidates == 0)
            return jwt::token_error("No key of this server goes with the token's algorithm and key id.");
        if (candidates > most_tries) return jwt::token_error("The token must name its key (kid).");
        const auto vouches = [&](const jwt::Key& key) {
            return fits(key) && key.signed_this(text, signature);
        };
        if (std::none_of(all.begin(), all.end(), vouches))
            return jwt::token_error("The token's signature does not match.");
        return {};
    }
};

JwtVerifier::JwtVerifier(std::unique_ptr<const Keys> keys) : keys_{std::move(keys)} {}
JwtVerifier::JwtVerifier(JwtVerifier&&) noexcept = default;
JwtVerifier& JwtVerifier::operator=(JwtVerifier&&) noexcept = default;
JwtVerifier::~JwtVerifier() = default;

Result<JwtVerifier> JwtVerifier::create(const JwtSettings& settings) {
    if (settings.leeway < std::chrono::seconds::zero() || settings.leeway > longest_leeway)
        return Error{Failure::invalid, "the leeway for tokens must be 0 to 300 seconds"};
    auto keys = std::make_unique<Keys>();
    keys->rules = {settings.issuer, settings.audience, settings.leeway};
    if (!settings.hs256_secret.empty()) {
        auto key = jwt::Key::from_secret(settings.hs256_secret);
        if (!key) return key.error();
        keys->all.push_back(std::move(*key));
    }
    if (!settings.public_key_pem.empty()) {
        auto key = jwt::key_from_pem(settings.public_key_pem);
        if (!key) return key.error();
        keys->all.push_back(std::move(*key));
    }
    if (!settings.jwks.empty()) {
        auto published = jwt::keys_from_jwks(settings.jwks);
        if (!published) return published.error();
        std::move(published->begin(), published->end(), std::back_inserter(keys->all));
    }
    if (keys->all.empty())
        return Error{Failure::invalid,
                     "no key to check tokens with: set an HS256 secret, a public key or a JWKS"};
    return JwtVerifier{std::move(keys)};
}

// The signature comes before the claims: who cannot sign learns nothing about what we ask of them.
Result<Claims> JwtVerifier::verify(std::string_view token, Time now) const {
    const auto parts = split_token(token);
    if (!parts) return parts.error();
    const auto header = jwt::read_header(parts->header);
    if (!header) return header.error();
    const auto signature = from_base64url(parts->signature);
    if (!signature) return jwt::token_error("The token's signature is not base64url.");
    if (const auto proven = keys_->check_signature(*header, parts->signed_text, *signature); !proven)
        return proven.error();
    const auto payload = from_base64url(parts->payload);
    if (!payload) return jwt::token_error("The token's claims are not base64url.");
    return jwt::read_claims(*payload, keys_->rules, now);
}

}  // namespace carillon::http
