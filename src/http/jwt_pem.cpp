#include "http/jwt_keys.hpp"

#include <openssl/pem.h>
#include <string>
#include <utility>

namespace carillon::http::jwt {
namespace {

constexpr std::size_t longest_pem = 64 * 1024;
constexpr std::string_view block_start = "-----BEGIN ";

// An encrypted block would otherwise make OpenSSL ask at the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

bool holds_private_key(std::string_view pem) {
    return pem.find("PRIVATE KEY-----") != std::string_view::npos;
}

std::size_t count_blocks(std::string_view pem) {
    std::size_t count = 0;
    for (auto at = pem.find(block_start); at != std::string_view::npos; at = pem.find(block_start, at + 1))
        ++count;
    return count;
}

PkeyPtr read_certificate(BIO* bio) {
    const CertificatePtr certificate{PEM_read_bio_X509(bio, nullptr, no_passphrase, nullptr)};
    return PkeyPtr{certificate ? X509_get_pubkey(certificate.get()) : nullptr};
}

PkeyPtr read_public_key(std::string_view pem) {
    const QuietErrors quiet;
    const BioPtr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    if (!bio) return nullptr;
    if (pem.find("CERTIFICATE-----") != std::string_view::npos) return read_certificate(bio.get());
    return PkeyPtr{PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr)};
}

Error pem_error(std::string why) {
    return {Failure::invalid, "the PEM key cannot be used: " + std::move(why)};
}

}  // namespace

Result<Key> key_from_pem(std::string_view pem) {
    if (pem.size() > longest_pem) return pem_error("it is longer than 64 KiB");
    if (holds_private_key(pem))
        return pem_error("it is a private key; give the public half (openssl pkey -in KEY -pubout)");
    const auto blocks = count_blocks(pem);
    if (blocks == 0) return pem_error("it has no '-----BEGIN' line");
    if (blocks > 1) return pem_error("it holds several blocks; give one key, or several keys as a JWKS");

    auto key = read_public_key(pem);
    if (!key) return pem_error("it is neither a public key nor a certificate that OpenSSL can read");
    auto result = Key::from_public(std::move(key));
    if (!result) return pem_error(result.error().detail);
    return result;
}

}  // namespace carillon::http::jwt
