#pragma once
// Tokens and keys for the tests of JWT, made with OpenSSL alone: nothing of what is tested makes them.
#include <carillon/error.hpp>
#include <carillon/secret.hpp>
#include <carillon/time.hpp>
#include <openssl/evp.h>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include "http/jwt.hpp"

namespace carillon::test {

inline constexpr std::int64_t now_seconds = 1'795'262'400;  // 2026-11-21T12:00:00Z
inline constexpr Time jwt_now{std::chrono::seconds{now_seconds}};
inline constexpr std::string_view hs256_header = R"({"alg":"HS256","typ":"JWT"})";

[[nodiscard]] Secret a_secret();
// {"sub":"u1","role":"customer","exp":…} and whatever members are added, each with its leading comma.
[[nodiscard]] std::string good_claims(std::string_view more = {});

// header.payload in base64url, still to be signed.
[[nodiscard]] std::string unsigned_text(std::string_view header, std::string_view payload);
[[nodiscard]] std::string with_signature(std::string_view text, std::string_view raw_signature);
[[nodiscard]] std::string hs256_token(std::string_view header, std::string_view payload,
                                      std::string_view secret = a_secret().reveal());

class KeyPair {
public:
    static KeyPair rsa(unsigned int bits);
    static KeyPair rsa_pss();
    static KeyPair ec(const char* curve);
    static KeyPair ec_with_explicit_curve();
    static KeyPair ed25519();

    [[nodiscard]] std::string public_pem() const;
    [[nodiscard]] std::string pkcs1_pem() const;  // "RSA PUBLIC KEY"
    [[nodiscard]] std::string private_pem() const;
    [[nodiscard]] std::string certificate_pem() const;
    // A member list without braces: "kty":"RSA","n":…,"e":… or "kty":"EC","crv":"P-256","x":…,"y":…
    [[nodiscard]] std::string jwk_members() const;

    [[nodiscard]] std::string sign(std::string_view text) const;  // PKCS#1 v1.5 or DER, with SHA-256
    [[nodiscard]] std::string sign_pss(std::string_view text) const;
    [[nodiscard]] std::string sign_raw(std::string_view text) const;  // r and s, 32 bytes each

    [[nodiscard]] std::string rs256_token(std::string_view header, std::string_view payload) const;
    [[nodiscard]] std::string es256_token(std::string_view header, std::string_view payload) const;

private:
    explicit KeyPair(EVP_PKEY* key);
    std::shared_ptr<EVP_PKEY> key_;
};

// Made once for the whole program: RSA keys take their time.
[[nodiscard]] const KeyPair& our_rsa();
[[nodiscard]] const KeyPair& other_rsa();
[[nodiscard]] const KeyPair& our_ec();
[[nodiscard]] const KeyPair& other_ec();

// A JWKS of the given keys, each a member list without braces.
[[nodiscard]] std::string jwks_of(std::initializer_list<std::string> keys);

[[nodiscard]] http::JwtVerifier verifier_with_secret();
[[nodiscard]] http::JwtVerifier verifier_with_pem(const KeyPair& key);
[[nodiscard]] http::JwtVerifier verifier_with_jwks(const std::string& document);

// "" when the token is taken, otherwise the code of the refusal.
[[nodiscard]] std::string refusal_of(const http::JwtVerifier& verifier, std::string_view token,
                                     Time now = jwt_now);

}  // namespace carillon::test
