#pragma once
// A Google service account: who we are to FCM, and the key that proves it.
#include <carillon/error.hpp>
#include <carillon/secret.hpp>
#include <carillon/time.hpp>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace carillon::channels {

// An RSA key that signs. Copies share it; its text is not kept.
class SigningKey {
public:
    // PKCS#8 or PKCS#1. What is wrong is said without showing any of it.
    [[nodiscard]] static Result<SigningKey> from_pem(const Secret& pem);

    // RSASSA-PKCS1-v1_5 with SHA-256 (RS256), raw. Throws std::runtime_error when OpenSSL cannot.
    [[nodiscard]] std::string sign(std::string_view text) const;

private:
    explicit SigningKey(std::shared_ptr<evp_pkey_st> key) : key_{std::move(key)} {}
    std::shared_ptr<evp_pkey_st> key_;
};

struct ServiceAccount {
    std::string project_id;  // may be empty: the file need not name it
    std::string email;
    std::string key_id;
    std::string token_uri;
    SigningKey key;
};

// From the text of a key file as Google hands it out. The error names the field, and shows no value.
[[nodiscard]] Result<ServiceAccount> parse_service_account(const Secret& text);

// The signed statement that asks for an access token: a JWT good for an hour.
[[nodiscard]] std::string make_assertion(const ServiceAccount& account, std::string_view scope, Time now);

}  // namespace carillon::channels
