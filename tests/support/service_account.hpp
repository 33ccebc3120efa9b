#pragma once
// A service account of our own making, and the other half of its key.
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace carillon::test {

class GoogleAccount {
public:
    GoogleAccount() : key_{EVP_RSA_gen(2048), EVP_PKEY_free} {
        if (!key_) throw std::runtime_error{"no RSA key"};
    }

    [[nodiscard]] std::string pem() const {
        const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio{BIO_new(BIO_s_mem()), BIO_free_all};
        PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
        char* text = nullptr;
        const auto size = BIO_get_mem_data(bio.get(), &text);
        return {text, static_cast<std::size_t>(size)};
    }
    [[nodiscard]] Json key_file(const std::string& token_uri) const {
        return Json{{"type", "service_account"},
                    {"project_id", "carillon-test"},
                    {"private_key_id", "key-1"},
                    {"private_key", pem()},
                    {"client_email", "push@carillon-test.example"},
                    {"token_uri", token_uri}};
    }
    // Of "header.claims.signature".
    [[nodiscard]] bool has_signed(std::string_view jwt) const {
        const auto dot = jwt.rfind('.');
        const auto signature = from_base64url(jwt.substr(dot + 1));
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free};
        const auto octets = [](std::string_view text) {
            return reinterpret_cast<const unsigned char*>(text.data());
        };
        return signature &&
               EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
               EVP_DigestVerify(context.get(), octets(*signature), signature->size(), octets(jwt), dot) == 1;
    }

private:
    std::shared_ptr<EVP_PKEY> key_;
};

// One for all tests: a key takes a while to make.
inline const GoogleAccount& google_account() {
    static const GoogleAccount account;
    return account;
}

}  // namespace carillon::test
