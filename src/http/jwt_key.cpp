#include "http/jwt_key.hpp"

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <array>
#include <stdexcept>
#include <utility>

namespace carillon::http::jwt {
namespace {

constexpr std::size_t shortest_secret = 32;
constexpr int fewest_rsa_bits = 2048;
constexpr int most_rsa_bits = 8192;  // beyond it one forged token would hold the event loop for a millisecond
constexpr std::size_t sha256_bytes = 32;
constexpr std::size_t p256_number = 32;

using Digest = std::array<unsigned char, sha256_bytes>;

const EVP_MD* fetched_sha256() {
    static const DigestPtr sha256{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
    if (!sha256) throw std::runtime_error{"OpenSSL has no SHA-256"};
    return sha256.get();
}

MacContextPtr make_mac_context() {
    static const MacPtr hmac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    MacContextPtr context{hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr};
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_CTX_set_params(context.get(), params) != 1)
        throw std::runtime_error{"OpenSSL has no HMAC with SHA-256"};
    return context;
}

Digest hmac(std::string_view secret, std::string_view text) {
    thread_local const MacContextPtr context = make_mac_context();
    Digest digest{};
    std::size_t length = 0;
    if (EVP_MAC_init(context.get(), octets(secret), secret.size(), nullptr) != 1 ||
        EVP_MAC_update(context.get(), octets(text), text.size()) != 1 ||
        EVP_MAC_final(context.get(), digest.data(), &length, digest.size()) != 1 || length != digest.size())
        throw std::runtime_error{"OpenSSL could not compute an HMAC"};
    return digest;
}

std::string_view as_text(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

Digest sha256(std::string_view text) {
    Digest digest{};
    if (EVP_Digest(text.data(), text.size(), digest.data(), nullptr, fetched_sha256(), nullptr) != 1)
        throw std::runtime_error{"OpenSSL could not compute a SHA-256"};
    return digest;
}

// RFC 7518, 3.4: the two numbers as they are, 32 bytes each; OpenSSL wants them wrapped in DER. Zero is
// refused here already, because a verifier that let it through once accepted every message.
std::string raw_to_der(std::string_view signature) {
    if (signature.size() != 2 * p256_number) return {};
    BignumPtr r{BN_bin2bn(octets(signature), p256_number, nullptr)};
    BignumPtr s{BN_bin2bn(octets(signature) + p256_number, p256_number, nullptr)};
    const EcdsaPtr numbers{ECDSA_SIG_new()};
    if (!r || !s || !numbers || BN_is_zero(r.get()) || BN_is_zero(s.get())) return {};
    if (ECDSA_SIG_set0(numbers.get(), r.get(), s.get()) != 1) return {};
    (void)r.release();  // `numbers` owns both now
    (void)s.release();

    std::string der(2 * p256_number + 8, '\0');  // at most 72 bytes: two headers and two sign bytes
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    const auto length = i2d_ECDSA_SIG(numbers.get(), &out);
    der.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
    return der;
}

bool verify_digest(const EVP_PKEY_CTX* ready, const Digest& digest, std::string_view signature) {
    const QuietErrors quiet;
    const PkeyContextPtr context{EVP_PKEY_CTX_dup(ready)};
    if (!context) throw std::runtime_error{"OpenSSL could not copy a verification context"};
    return EVP_PKEY_verify(context.get(), octets(signature), signature.size(), digest.data(),
                           digest.size()) == 1;
}

Result<Algorithm> algorithm_of(const EVP_PKEY* key) {
    if (EVP_PKEY_is_a(key, "RSA") == 1) {
        const auto bits = EVP_PKEY_get_bits(key);
        if (bits >= fewest_rsa_bits && bits <= most_rsa_bits) return Algorithm::rs256;
        return Error{Failure::invalid,
                     "an RSA key needs 2048 to 8192 bits; this one has " + std::to_string(bits)};
    }
    if (EVP_PKEY_is_a(key, "EC") != 1)
        return Error{Failure::invalid, "only RSA (for RS256) and P-256 (for ES256) keys are of use"};

    std::array<char, 64> curve{};
    std::size_t length = 0;
    int explicit_curve = 0;  // a curve spelt out by numbers may look like P-256 and have another generator
    EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit_curve);
    if (EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &length) != 1 || explicit_curve != 0 ||
        std::string_view(curve.data(), length) != SN_X9_62_prime256v1)
        return Error{Failure::invalid, "an EC key must be on the curve P-256 (ES256)"};
    return Algorithm::es256;
}

PkeyContextPtr prepare(EVP_PKEY* key, Algorithm algorithm) {
    PkeyContextPtr context{EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr)};
    if (!context || EVP_PKEY_public_check(context.get()) != 1 || EVP_PKEY_verify_init(context.get()) != 1)
        return nullptr;
    if (EVP_PKEY_CTX_set_signature_md(context.get(), fetched_sha256()) != 1) return nullptr;
    if (algorithm == Algorithm::rs256 && EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1)
        return nullptr;
    return context;
}

}  // namespace

std::optional<Algorithm> algorithm_named(std::string_view name) noexcept {
    if (name == "HS256") return Algorithm::hs256;
    if (name == "RS256") return Algorithm::rs256;
    if (name == "ES256") return Algorithm::es256;
    return std::nullopt;
}

Result<void> check_secret(const Secret& secret) {
    const std::string_view bytes = secret.reveal();
    if (bytes.find("-----BEGIN ") != std::string_view::npos)
        return Error{
            Failure::invalid,
            "the HS256 secret is a PEM document: a public key is no secret, and whoever has it could sign"};
    if (bytes.size() < shortest_secret)
        return Error{Failure::invalid,
                     "the HS256 secret must have 32 bytes or more; it has " + std::to_string(bytes.size())};
    return {};
}

Result<Key> Key::from_secret(const Secret& secret) {
    if (const auto fit = check_secret(secret); !fit) return fit.error();
    Key key{Algorithm::hs256, std::nullopt};
    key.secret_ = secret;
    return key;
}

Result<Key> Key::from_public(PkeyPtr pkey, std::optional<std::string> kid) {
    const QuietErrors quiet;
    const auto algorithm = algorithm_of(pkey.get());
    if (!algorithm) return algorithm.error();
    Key key{*algorithm, std::move(kid)};
    key.ready_to_verify_ = prepare(pkey.get(), *algorithm);
    if (!key.ready_to_verify_)
        return Error{Failure::invalid, "the numbers of the key are not those of a sound public key"};
    if (*algorithm == Algorithm::rs256)
        key.rsa_bytes_ = static_cast<std::size_t>(EVP_PKEY_get_size(pkey.get()));
    return key;
}

bool Key::signed_this(std::string_view text, std::string_view signature) const {
    switch (algorithm_) {
        case Algorithm::hs256:
            return equal_in_constant_time(as_text(hmac(secret_.reveal(), text)), signature);
        case Algorithm::rs256:
            return signature.size() == rsa_bytes_ &&
                   verify_digest(ready_to_verify_.get(), sha256(text), signature);
        case Algorithm::es256: {
            const auto der = raw_to_der(signature);
            return !der.empty() && verify_digest(ready_to_verify_.get(), sha256(text), der);
        }
    }
    return false;
}

std::string sign_hs256(const Secret& secret, std::string_view text) {
    return std::string{as_text(hmac(secret.reveal(), text))};
}

}  // namespace carillon::http::jwt
