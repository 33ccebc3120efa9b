#pragma once
// One key that signatures are checked against. It carries its algorithm: nothing in a token can make an RSA
// key serve as an HMAC secret. Lifetime: values; a Key that exists is fit for use.
#include <carillon/error.hpp>
#include <carillon/secret.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include "http/jwt_openssl.hpp"

namespace carillon::http::jwt {

enum class Algorithm { hs256, rs256, es256 };

// Exactly as RFC 7518 spells them; "none" and everything else is nothing.
[[nodiscard]] std::optional<Algorithm> algorithm_named(std::string_view name) noexcept;

// The factories fail with Failure::invalid and a sentence for the operator.
class Key {
public:
    static Result<Key> from_secret(const Secret& secret);
    // RSA of 2048 to 8192 bits or P-256, public half.
    static Result<Key> from_public(PkeyPtr key, std::optional<std::string> kid = std::nullopt);

    [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
    [[nodiscard]] const std::optional<std::string>& kid() const noexcept { return kid_; }  // only from a JWKS

    // Safe on any number of threads at once.
    [[nodiscard]] bool signed_this(std::string_view text, std::string_view signature) const;

private:
    Key(Algorithm algorithm, std::optional<std::string> kid) : algorithm_{algorithm}, kid_{std::move(kid)} {}

    Algorithm algorithm_;
    std::optional<std::string> kid_;
    Secret secret_;
    std::size_t rsa_bytes_ = 0;
    // Holds the public key. Set up once and copied for every check: setting it up looks the algorithm up
    // under a lock.
    PkeyContextPtr ready_to_verify_;
};

// Failure::invalid unless the secret is long enough for HS256 (RFC 7518, 3.2) and is not a key of another
// kind.
[[nodiscard]] Result<void> check_secret(const Secret& secret);

// 32 raw bytes. Throws std::runtime_error when OpenSSL has no HMAC.
[[nodiscard]] std::string sign_hs256(const Secret& secret, std::string_view text);

}  // namespace carillon::http::jwt
