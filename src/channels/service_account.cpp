#include "channels/service_account.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

namespace carillon::channels {
namespace {

constexpr std::string_view google_token_uri = "https://oauth2.googleapis.com/token";
constexpr std::size_t longest_file = 64 * 1024;
constexpr std::chrono::seconds assertion_life{3600};

// A refused key leaves entries in the thread's error queue, which the next user of OpenSSL on this thread
// would take for its own.
class QuietErrors {
public:
    QuietErrors() { ERR_set_mark(); }
    ~QuietErrors() { ERR_pop_to_mark(); }
    QuietErrors(const QuietErrors&) = delete;
    QuietErrors& operator=(const QuietErrors&) = delete;
};

// An encrypted key would otherwise make OpenSSL ask at the terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

Error refused(const std::string& why) {
    return {Failure::invalid, "the service account key cannot be used: " + why};
}

// The line breaks of a key that came through an environment variable are often still spelt out.
std::string with_line_breaks(std::string text) {
    constexpr std::string_view spelt = "\\n";
    for (auto at = text.find(spelt); at != std::string::npos; at = text.find(spelt, at + 1))
        text.replace(at, spelt.size(), "\n");
    return text;
}

std::optional<std::string> field(const Json& file, const char* name) {
    const auto found = file.find(name);
    if (found == file.end() || !found->is_string()) return std::nullopt;
    auto text = found->get<std::string>();
    return text.empty() ? std::nullopt : std::optional{std::move(text)};
}

Result<Json> read_file(const Secret& text) {
    if (text.reveal().size() > longest_file) return refused("it is longer than 64 KiB");
    auto file = parse_json(text.reveal());
    if (!file) return refused("it is not JSON");  // the parser's own words could quote it
    if (!file->is_object()) return refused("it is not a JSON object");
    return file;
}

// Unencrypted only where it does not leave this machine: what is sent there is worth an access token.
bool is_safe_address(std::string_view uri) {
    constexpr std::string_view plain = "http://";
    if (uri.starts_with("https://")) return true;
    if (!uri.starts_with(plain)) return false;
    const auto rest = uri.substr(plain.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (authority.find('@') != authority.npos) return false;  // "localhost:80@elsewhere"
    const auto is_host = [authority](std::string_view host) {
        return authority == host || (authority.starts_with(host) && authority[host.size()] == ':');
    };
    return is_host("127.0.0.1") || is_host("localhost") || is_host("[::1]");
}

}  // namespace

Result<SigningKey> SigningKey::from_pem(const Secret& pem) {
    const QuietErrors quiet;
    const auto& text = pem.reveal();
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio{
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free_all};
    if (!bio) throw std::runtime_error{"OpenSSL gives no memory"};
    std::shared_ptr<EVP_PKEY> key{PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr),
                                  EVP_PKEY_free};
    if (!key) return refused("private_key is no private key in PEM that OpenSSL can read");
    if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return refused("private_key is no RSA key");
    return SigningKey{std::move(key)};
}

std::string SigningKey::sign(std::string_view text) const {
    const QuietErrors quiet;
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    const auto* octets = reinterpret_cast<const unsigned char*>(text.data());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    auto size = signature.size();
    if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, octets,
                       text.size()) != 1)
        throw std::runtime_error{"OpenSSL cannot sign with the service account's key"};
    signature.resize(size);
    return signature;
}

Result<ServiceAccount> parse_service_account(const Secret& text) {
    const auto file = read_file(text);
    if (!file) return file.error();
    const auto type = field(*file, "type");
    if (type && *type != "service_account") return refused("its type is not service_account");
    auto email = field(*file, "client_email");
    if (!email) return refused("client_email is missing");
    const auto pem = field(*file, "private_key");
    if (!pem) return refused("private_key is missing");
    auto token_uri = field(*file, "token_uri").value_or(std::string{google_token_uri});
    if (!is_safe_address(token_uri)) return refused("token_uri is no https:// address");

    auto key = SigningKey::from_pem(Secret{with_line_breaks(*pem)});
    if (!key) return key.error();
    return ServiceAccount{field(*file, "project_id").value_or(""), std::move(*email),
                          field(*file, "private_key_id").value_or(""), std::move(token_uri), std::move(*key)};
}

std::string make_assertion(const ServiceAccount& account, std::string_view scope, Time now) {
    const auto issued = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
    Json header{{"alg", "RS256"}, {"typ", "JWT"}};
    if (!account.key_id.empty()) header["kid"] = account.key_id;
    const Json claims{{"iss", account.email},
                      {"scope", scope},
                      {"aud", account.token_uri},
                      {"iat", issued.count()},
                      {"exp", (issued + assertion_life).count()}};
    const auto text = to_base64url(to_text(header)) + '.' + to_base64url(to_text(claims));
    return text + '.' + to_base64url(account.key.sign(text));
}

}  // namespace carillon::channels
