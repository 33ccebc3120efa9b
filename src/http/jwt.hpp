#pragma once
// JSON Web Tokens, verified to the letter of RFC 7519 and RFC 8725: the algorithm belongs to the key, never
// to the token's header. Threads: a verifier is immutable; share it.
#include <carillon/caller.hpp>
#include <carillon/error.hpp>
#include <carillon/secret.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace carillon::http {

struct JwtSettings {
    Secret hs256_secret;         // 32 bytes or more; empty: HS256 is refused
    std::string public_key_pem;  // RSA (2048 bits or more) or P-256; empty: none
    std::string jwks;            // a JWKS document; empty: none
    std::string issuer;          // checked when set
    std::string audience;        // checked when set
    std::chrono::seconds leeway{30};
};

struct Claims {
    UserId user;
    Role role = Role::customer;
    Time expires;
};

class JwtVerifier {
public:
    // Failure::invalid with a sentence for the operator when a key is unusable or there is none at all.
    static Result<JwtVerifier> create(const JwtSettings& settings);
    JwtVerifier(JwtVerifier&&) noexcept;
    JwtVerifier& operator=(JwtVerifier&&) noexcept;
    ~JwtVerifier();

    // Failure::unauthenticated, code "invalid_token" or "token_expired"; the detail tells the caller what was
    // wrong with it without echoing any of it.
    [[nodiscard]] Result<Claims> verify(std::string_view token, Time now) const;

private:
    struct Keys;
    explicit JwtVerifier(std::unique_ptr<const Keys> keys);
    std::unique_ptr<const Keys> keys_;
};

struct TokenRequest {
    UserId user;
    Role role = Role::customer;
    std::chrono::seconds ttl{3600};
    std::string issuer;
    std::string audience;
};
// An HS256 token, for `carillon token` and the tests.
[[nodiscard]] Result<std::string> mint_token(const TokenRequest& request, const Secret& secret, Time now);

}  // namespace carillon::http
