#include <openssl/core_names.h>
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include "http/jwt_keys.hpp"

namespace carillon::http::jwt {
namespace {

constexpr std::size_t longest_document = 1024 * 1024;
constexpr std::size_t most_keys = 64;
constexpr std::size_t p256_coordinate = 32;

Error key_error(std::string why) {
    return {Failure::invalid, std::move(why)};
}

// Absent is an empty text; present and not a text is nothing.
std::optional<std::string> text_of(const Json& jwk, const char* name) {
    const auto member = jwk.find(name);
    if (member == jwk.end()) return std::string{};
    if (!member->is_string()) return std::nullopt;
    return member->get<std::string>();
}

bool has_private_member(const Json& jwk) {
    constexpr std::array names{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    return std::any_of(names.begin(), names.end(), [&jwk](const char* name) { return jwk.contains(name); });
}

bool may_verify(const Json& jwk, const std::string& use) {
    if (!use.empty() && use != "sig") return false;
    const auto operations = jwk.find("key_ops");
    if (operations == jwk.end()) return true;
    return operations->is_array() &&
           std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

BignumPtr number_of(const Json& jwk, const char* name) {
    const auto text = text_of(jwk, name);
    const auto bytes = text ? from_base64url(*text) : std::nullopt;
    if (!bytes || bytes->empty() || bytes->size() > 2048) return nullptr;
    return BignumPtr{BN_bin2bn(octets(*bytes), static_cast<int>(bytes->size()), nullptr)};
}

PkeyPtr build(const char* type, OSSL_PARAM_BLD* builder) {
    const ParamsPtr params{OSSL_PARAM_BLD_to_param(builder)};
    const PkeyContextPtr context{EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (params && context && EVP_PKEY_fromdata_init(context.get()) == 1)
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    return PkeyPtr{key};
}

PkeyPtr build_rsa(const Json& jwk) {
    const auto modulus = number_of(jwk, "n");
    const auto exponent = number_of(jwk, "e");
    const ParamBuilderPtr builder{OSSL_PARAM_BLD_new()};
    if (!modulus || !exponent || !builder) return nullptr;
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
    return build("RSA", builder.get());
}

PkeyPtr build_p256(const Json& jwk) {
    const auto x_text = text_of(jwk, "x");
    const auto y_text = text_of(jwk, "y");
    const auto x = x_text ? from_base64url(*x_text) : std::nullopt;
    const auto y = y_text ? from_base64url(*y_text) : std::nullopt;
    const ParamBuilderPtr builder{OSSL_PARAM_BLD_new()};
    // RFC 7518, 6.2.1.2: the full width, leading zeros included.
    if (!x || !y || x->size() != p256_coordinate || y->size() != p256_coordinate || !builder) return nullptr;
    const auto point = '\x04' + *x + *y;
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return build("EC", builder.get());
}

// Whether the key is for an algorithm of ours; an error when it says that it is for one its kind cannot do.
Result<bool> is_for_us(const Json& jwk, std::string_view alg, std::string_view ours) {
    if (!alg.empty() && alg != ours) {
        if (algorithm_named(alg)) return key_error("its alg does not go with its kty");
        return false;
    }
    if (ours != "ES256") return true;
    const auto curve = text_of(jwk, "crv");
    if (!curve || curve->empty()) return key_error("its crv is missing");
    if (*curve == "P-256") return true;
    if (alg == "ES256") return key_error("ES256 is only for the curve P-256");
    return false;
}

// Nothing for a key that is not meant for us.
Result<std::optional<Key>> read_key(const Json& jwk) {
    if (!jwk.is_object()) return key_error("it is not an object");
    const auto kty = text_of(jwk, "kty");
    const auto alg = text_of(jwk, "alg");
    const auto use = text_of(jwk, "use");
    auto kid = text_of(jwk, "kid");
    if (!kty || kty->empty() || !alg || !use || !kid) return key_error("kty, alg, use and kid must be texts");
    if (*kty == "oct") return key_error("symmetric keys (oct) do not belong in a JWKS file");
    if (has_private_member(jwk)) return key_error("it holds a private key; publish only the public members");
    if (!may_verify(jwk, *use) || (*kty != "RSA" && *kty != "EC")) return std::optional<Key>{};

    const auto ours = is_for_us(jwk, *alg, *kty == "RSA" ? "RS256" : "ES256");
    if (!ours) return ours.error();
    if (!*ours) return std::optional<Key>{};

    const QuietErrors quiet;
    auto pkey = *kty == "RSA" ? build_rsa(jwk) : build_p256(jwk);
    if (!pkey) return key_error("its numbers are missing or are not those of a sound public key");
    auto key = Key::from_public(std::move(pkey), kid->empty() ? std::nullopt : std::move(kid));
    if (!key) return key.error();
    return std::optional<Key>{std::move(*key)};
}

bool knows_kid(const std::vector<Key>& keys, const std::optional<std::string>& kid) {
    return kid && std::any_of(keys.begin(), keys.end(), [&kid](const Key& key) { return key.kid() == kid; });
}

}  // namespace

Result<std::vector<Key>> keys_from_jwks(std::string_view document) {
    if (document.size() > longest_document) return key_error("the JWKS is longer than 1 MiB");
    const auto json = parse_json(document);
    if (!json) return key_error("the JWKS is not valid JSON: " + json.error().detail);
    const auto list = json->find("keys");  // end() when the document is no object
    if (list == json->end() || !list->is_array()) return key_error("the JWKS has no array \"keys\"");

    std::vector<Key> keys;
    std::size_t number = 0;
    for (const auto& jwk : *list) {
        const auto where = "JWKS key " + std::to_string(++number) + ": ";
        auto key = read_key(jwk);
        if (!key) return key_error(where + key.error().detail);
        if (!*key) continue;
        if (knows_kid(keys, (*key)->kid())) return key_error(where + "its kid was already used");
        if (keys.size() == most_keys) return key_error("the JWKS holds more than 64 usable keys");
        keys.push_back(std::move(**key));
    }
    if (keys.empty()) return key_error("the JWKS holds no key for RS256 or ES256 signatures");
    return keys;
}

}  // namespace carillon::http::jwt
