#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "app/doctor/checks.hpp"
#include "app/settings.hpp"

namespace carillon::app::doctor {
namespace {

constexpr auto key_mend = "download a new key: Firebase console, project settings, service accounts";

// A key that went through an environment variable may hold a backslash and an n for each line break.
std::string with_line_breaks(std::string pem) {
    for (auto at = pem.find("\\n"); at != pem.npos; at = pem.find("\\n", at + 1)) pem.replace(at, 2, "\n");
    return pem;
}

bool is_rsa_key(const std::string& pem) {
    // Answers "no passphrase", where OpenSSL would ask on the terminal.
    const auto no_passphrase = [](char*, int, int, void*) { return 0; };
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio{
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
    if (!bio) return false;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free};
    return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA;
}

std::string text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

Finding push(Verdict verdict, std::string detail, std::string mend = {}) {
    return {"fcm", verdict, std::move(detail), std::move(mend)};
}

Finding judge_key(const Json& key, const config::Firebase& firebase) {
    const auto email = text_of(key, "client_email");
    const auto own_project = text_of(key, "project_id");
    const auto project = firebase.project_id.empty() ? own_project : firebase.project_id;
    if (email.empty()) return push(Verdict::fail, "the service account key has no client_email", key_mend);
    if (!is_rsa_key(with_line_breaks(text_of(key, "private_key")))) {
        return push(Verdict::fail, "the private_key of the service account key cannot be read", key_mend);
    }
    if (project.empty()) {
        return push(Verdict::fail, "neither the service account key nor firebase.project_id names a project",
                    "FIREBASE_PROJECT_ID=your-project");
    }
    if (!own_project.empty() && own_project != project) {
        return push(Verdict::warn,
                    "the key belongs to project " + own_project + ", firebase.project_id says " + project,
                    "use a key of that project, or leave firebase.project_id empty");
    }
    return push(Verdict::ok, email + " for project " + project);
}

}  // namespace

Finding push_credentials(const config::Firebase& firebase, const config::FileReader& read_file) {
    auto text = firebase.service_account_key.reveal();
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) {
        return push(Verdict::skipped, "channel disabled: FIREBASE_SERVICE_ACCOUNT_KEY is not set");
    }
    if (text[first] != '{') {
        auto content = read_file(text);
        if (!content) {
            return push(Verdict::fail, "the service account key cannot be read: " + content.error().detail,
                        "FIREBASE_SERVICE_ACCOUNT_KEY takes the path of a file, or the JSON itself");
        }
        text = std::move(*content);
    }
    const auto key = parse_json(text);
    if (!key || !key->is_object())
        return push(Verdict::fail, "the service account key is not a JSON object", key_mend);
    return judge_key(*key, firebase);
}

Finding whatsapp_credentials(const config::Myoperator& myoperator) {
    const bool has_number = !myoperator.phone_number.empty() || !myoperator.phone_number_id.empty();
    const std::pair<bool, const char*> parts[] = {{!myoperator.api_key.empty(), "MYOPERATOR_API_KEY"},
                                                  {!myoperator.account_id.empty(), "MYOPERATOR_ACCOUNT_ID"},
                                                  {has_number, "MYOPERATOR_PHONE_NUMBER"}};
    std::string missing;
    bool has_any = !myoperator.api_secret.empty();
    for (const auto& [is_set, name] : parts) {
        has_any = has_any || is_set;
        if (!is_set) missing.append(missing.empty() ? "" : ", ").append(name);
    }
    if (!has_any) return {"myoperator", Verdict::skipped, "channel disabled: MYOPERATOR_API_KEY is not set"};
    if (!missing.empty()) return {"myoperator", Verdict::fail, "not set: " + missing, "set " + missing};
    return {"myoperator", Verdict::ok, "key, account and number are set"};
}

Finding token_keys(const config::Config& config) {
    const auto verifier = token_verifier(config);
    if (!verifier)
        return {"token_keys", Verdict::fail, verifier.error().detail, "correct the keys of [auth]"};
    if (*verifier) return {"token_keys", Verdict::ok, "loaded"};
    if (config.auth.mode == config::AuthMode::development) {
        return {"token_keys", Verdict::skipped, "development mode: calls need no token"};
    }
    return {"token_keys", Verdict::fail, "no key to check tokens with",
            "AUTH_JWT_SECRET=$(openssl rand -hex 32)"};
}

}  // namespace carillon::app::doctor
