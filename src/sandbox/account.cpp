#include "sandbox/account.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include <stdexcept>
#include <utility>

#include "http/jwt_openssl.hpp"

namespace carillon::sandbox {
namespace {

namespace jwt = http::jwt;

constexpr unsigned int rsa_bits = 2048;

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// An encrypted key would otherwise make OpenSSL ask at the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

jwt::PkeyPtr read_private_key(const std::string& pem) {
    const jwt::QuietErrors quiet;
    const jwt::BioPtr bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
    return jwt::PkeyPtr{bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr};
}

std::string make_private_key() {
    const jwt::PkeyPtr key{EVP_RSA_gen(rsa_bits)};
    const jwt::BioPtr bio{BIO_new(BIO_s_mem())};
    if (!key || !bio ||
        PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        throw std::runtime_error{"OpenSSL could not make an RSA key"};
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

// As people read it, because they will.
std::string written(const Json& account) {
    return account.dump(2) + "\n";
}

}  // namespace

Result<Account> parse_account(std::string_view json) {
    const auto parsed = parse_json(json);
    if (!parsed || !parsed->is_object())
        return Error{Failure::invalid, "the service account is not a JSON object"};
    for (const auto* name : {"project_id", "client_email", "private_key_id", "token_uri", "private_key"})
        if (text_of(*parsed, name).empty())
            return Error{Failure::invalid, std::string{"the service account has no "} + name};
    auto pkey = read_private_key(text_of(*parsed, "private_key"));
    if (!pkey || EVP_PKEY_is_a(pkey.get(), "RSA") != 1)
        return Error{Failure::invalid, "the private_key of the service account is no RSA key in PEM"};
    auto key = jwt::Key::from_public(std::move(pkey));
    if (!key) return key.error();
    return Account{text_of(*parsed, "project_id"), text_of(*parsed, "client_email"),
                   text_of(*parsed, "private_key_id"), text_of(*parsed, "token_uri"), std::move(*key)};
}

std::string make_account(const std::string& token_uri) {
    const auto email = "sandbox@" + std::string{sandbox_project} + ".iam.gserviceaccount.com";
    Json account{{"type", "service_account"},
                 {"project_id", sandbox_project},
                 {"private_key_id", to_hex(random_bytes(20))},
                 {"private_key", make_private_key()},
                 {"client_email", email},
                 {"client_id", "100000000000000000001"},
                 {"token_uri", token_uri},
                 {"universe_domain", "googleapis.com"}};
    return written(account);
}

std::string moved_account(std::string_view json, const std::string& token_uri) {
    auto parsed = parse_json(json);
    if (!parsed || !parsed->is_object() || text_of(*parsed, "project_id") != sandbox_project) return {};
    (*parsed)["token_uri"] = token_uri;
    return written(*parsed);
}

}  // namespace carillon::sandbox
