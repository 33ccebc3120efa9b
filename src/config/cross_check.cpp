#include "config/cross_check.hpp"

namespace carillon::config {
namespace {

using Conflicts = std::vector<Conflict>;

// Without tokens everybody is anybody: that must stay on this machine.
void check_development(const Config& config, Conflicts& found) {
    if (config.auth.mode != AuthMode::development) return;
    const auto check = [&found](const char* key, const std::vector<Endpoint>& endpoints) {
        for (const auto& endpoint : endpoints) {
            if (is_loopback(endpoint)) continue;
            found.push_back(
                {{"auth.mode", key},
                 "auth.mode: \"development\" takes calls without a token and is only for a loopback "
                 "address, but " +
                     std::string{key} + " has " + to_text(endpoint)});
        }
    };
    check("server.listen", config.server.listen);
    check("server.tls_listen", config.server.tls_listen);
}

void check_token_key(const Config& config, Conflicts& found) {
    const auto& auth = config.auth;
    const bool has_key = !auth.jwt_secret.empty() || !auth.public_key_file.empty() || !auth.jwks_file.empty();
    if (auth.mode != AuthMode::token || has_key) return;
    found.push_back(
        {{"auth.mode", "auth.jwt_secret", "auth.public_key_file", "auth.jwks_file"},
         "auth.mode: \"token\" needs a key to check tokens with: set auth.jwt_secret (AUTH_JWT_SECRET), "
         "auth.public_key_file or auth.jwks_file"});
}

void check_listening(const Config& config, Conflicts& found) {
    const auto& server = config.server;
    if (server.listen.empty() && server.tls_listen.empty()) {
        found.push_back({{"server.listen", "server.tls_listen"},
                         "server.listen: nothing to listen on; server.tls_listen is empty too"});
    }
    if (!server.tls_listen.empty() && config.tls.certificates.empty()) {
        found.push_back({{"server.tls_listen", "tls.certificates"},
                         "server.tls_listen: TLS needs a certificate; set tls.certificates"});
    }
}

void check_repeated(const Config& config, Conflicts& found) {
    auto all = config.server.listen;
    all.insert(all.end(), config.server.tls_listen.begin(), config.server.tls_listen.end());
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (all[i].port == 0 || !(all[i] == all[j])) continue;
            found.push_back({{"server.listen", "server.tls_listen"},
                             "server.listen: " + to_text(all[i]) + " stands twice"});
        }
    }
}

void check_database(const Config& config, Conflicts& found) {
    if (!config.database.url.empty()) return;
    found.push_back({{"database.url"},
                     "database.url: not set; the server keeps everything in PostgreSQL (DATABASE_URL, as "
                     "\"postgres://user:password@host:5432/name\")"});
}

}  // namespace

std::vector<Conflict> conflicts_in(const Config& config) {
    Conflicts found;
    for (auto* check :
         {check_listening, check_repeated, check_development, check_token_key, check_database}) {
        check(config, found);
    }
    return found;
}

}  // namespace carillon::config
