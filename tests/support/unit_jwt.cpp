#include "support/unit_jwt.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/encoder.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <array>
#include <stdexcept>
#include <utility>
#include <carillon/bytes.hpp>

namespace carillon::test {
namespace {

void demand(bool done) {
    if (!done) throw std::runtime_error{"OpenSSL refused to make what a test needs"};
}

template <class Write>
std::string written(Write write) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio{BIO_new(BIO_s_mem()), BIO_free_all};
    demand(write(bio.get()) == 1);
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string number(const EVP_PKEY* key, const char* name, std::size_t width) {
    BIGNUM* value = nullptr;
    demand(EVP_PKEY_get_bn_param(key, name, &value) == 1);
    const auto size = width != 0 ? width : static_cast<std::size_t>(BN_num_bytes(value));
    std::string bytes(size, '\0');
    demand(BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) > 0);
    BN_free(value);
    return to_base64url(bytes);
}

std::string sign_with(EVP_PKEY* key, std::string_view text, int padding) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    EVP_PKEY_CTX* options = nullptr;
    demand(EVP_DigestSignInit(context.get(), &options, EVP_sha256(), nullptr, key) == 1);
    if (padding != 0) demand(EVP_PKEY_CTX_set_rsa_padding(options, padding) == 1);
    const auto* data = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    demand(EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) == 1);
    std::string signature(size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    demand(EVP_DigestSign(context.get(), out, &size, data, text.size()) == 1);
    signature.resize(size);
    return signature;
}

}  // namespace

Secret a_secret() {
    return Secret{"a secret of the tests, long enough for HS256"};
}

std::string good_claims(std::string_view more) {
    return R"({"sub":"u1","role":"customer","exp":)" + std::to_string(now_seconds + 600) + std::string{more} +
           '}';
}

std::string unsigned_text(std::string_view header, std::string_view payload) {
    return to_base64url(header) + '.' + to_base64url(payload);
}

std::string with_signature(std::string_view text, std::string_view raw_signature) {
    return std::string{text} + '.' + to_base64url(raw_signature);
}

std::string hs256_token(std::string_view header, std::string_view payload, std::string_view secret) {
    const auto text = unsigned_text(header, payload);
    std::array<char, 32> mac{};
    demand(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                reinterpret_cast<unsigned char*>(mac.data()), nullptr) != nullptr);
    return with_signature(text, {mac.data(), mac.size()});
}

KeyPair::KeyPair(EVP_PKEY* key) : key_{key, EVP_PKEY_free} {
    demand(key != nullptr);
}

KeyPair KeyPair::rsa(unsigned int bits) {
    return KeyPair{EVP_RSA_gen(bits)};
}
KeyPair KeyPair::ec(const char* curve) {
    return KeyPair{EVP_EC_gen(curve)};
}
KeyPair KeyPair::ed25519() {
    return KeyPair{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}

KeyPair KeyPair::rsa_pss() {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context{
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA-PSS", nullptr), EVP_PKEY_CTX_free};
    EVP_PKEY* key = nullptr;
    demand(EVP_PKEY_keygen_init(context.get()) == 1 && EVP_PKEY_generate(context.get(), &key) == 1);
    return KeyPair{key};
}

KeyPair KeyPair::ec_with_explicit_curve() {
    auto pair = ec("P-256");
    demand(EVP_PKEY_set_utf8_string_param(pair.key_.get(), OSSL_PKEY_PARAM_EC_ENCODING, "explicit") == 1);
    return pair;
}

std::string KeyPair::public_pem() const {
    return written([this](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key_.get()); });
}

std::string KeyPair::pkcs1_pem() const {
    const std::unique_ptr<OSSL_ENCODER_CTX, decltype(&OSSL_ENCODER_CTX_free)> encoder{
        OSSL_ENCODER_CTX_new_for_pkey(key_.get(), EVP_PKEY_PUBLIC_KEY, "PEM", "pkcs1", nullptr),
        OSSL_ENCODER_CTX_free};
    return written([&](BIO* bio) { return OSSL_ENCODER_to_bio(encoder.get(), bio); });
}

std::string KeyPair::private_pem() const {
    return written([this](BIO* bio) {
        return PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
}

std::string KeyPair::certificate_pem() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate{X509_new(), X509_free};
    demand(X509_set_pubkey(certificate.get(), key_.get()) == 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    demand(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
    return written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); });
}

std::string KeyPair::jwk_members() const {
    if (EVP_PKEY_is_a(key_.get(), "RSA") == 1)
        return R"("kty":"RSA","n":")" + number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0) + R"(","e":")" +
               number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0) + '"';
    const auto width = static_cast<std::size_t>(EVP_PKEY_get_bits(key_.get()) + 7) / 8;
    const std::string curve = width == 32 ? "P-256" : "P-384";
    return R"("kty":"EC","crv":")" + curve + R"(","x":")" +
           number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, width) + R"(","y":")" +
           number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, width) + '"';
}

std::string KeyPair::sign(std::string_view text) const {
    return sign_with(key_.get(), text, 0);
}
std::string KeyPair::sign_pss(std::string_view text) const {
    return sign_with(key_.get(), text, RSA_PKCS1_PSS_PADDING);
}

std::string KeyPair::sign_raw(std::string_view text) const {
    const auto der = sign(text);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> numbers{
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free};
    std::string raw(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    demand(BN_bn2binpad(ECDSA_SIG_get0_r(numbers.get()), out, 32) == 32);
    demand(BN_bn2binpad(ECDSA_SIG_get0_s(numbers.get()), out + 32, 32) == 32);
    return raw;
}

std::string KeyPair::rs256_token(std::string_view header, std::string_view payload) const {
    const auto text = unsigned_text(header, payload);
    return with_signature(text, sign(text));
}

std::string KeyPair::es256_token(std::string_view header, std::string_view payload) const {
    const auto text = unsigned_text(header, payload);
    return with_signature(text, sign_raw(text));
}

const KeyPair& our_rsa() {
    static const auto key = KeyPair::rsa(2048);
    return key;
}
const KeyPair& other_rsa() {
    static const auto key = KeyPair::rsa(2048);
    return key;
}
const KeyPair& our_ec() {
    static const auto key = KeyPair::ec("P-256");
    return key;
}
const KeyPair& other_ec() {
    static const auto key = KeyPair::ec("P-256");
    return key;
}

std::string jwks_of(std::initializer_list<std::string> keys) {
    std::string list;
    for (const auto& key : keys) list += (list.empty() ? "{" : ",{") + key + '}';
    return R"({"keys":[)" + list + "]}";
}

http::JwtVerifier verifier_with_secret() {
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    return http::JwtVerifier::create(settings).value();
}

http::JwtVerifier verifier_with_pem(const KeyPair& key) {
    http::JwtSettings settings;
    settings.public_key_pem = key.public_pem();
    return http::JwtVerifier::create(settings).value();
}

http::JwtVerifier verifier_with_jwks(const std::string& document) {
    http::JwtSettings settings;
    settings.jwks = document;
    return http::JwtVerifier::create(settings).value();
}

std::string refusal_of(const http::JwtVerifier& verifier, std::string_view token, Time now) {
    const auto result = verifier.verify(token, now);
    return result ? std::string{} : result.error().code;
}

}  // namespace carillon::test
