#include <algorithm>

#include "config/rules.hpp"

namespace carillon::config {
namespace {

constexpr std::string_view mask = "***";

// The end of a value in "host=a password='b c' port=1", its quotes and escapes included.
std::size_t end_of_value(std::string_view text, std::size_t at) {
    const bool is_quoted = at < text.size() && text[at] == '\'';
    for (std::size_t i = is_quoted ? at + 1 : at; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (is_quoted && text[i] == '\'') {
            return i + 1;
        } else if (!is_quoted && text[i] == ' ') {
            return i;
        }
    }
    return text.size();
}

// Hides the value of every `password` and `sslpassword`, which both kinds of text may hold.
std::string mask_named(std::string_view text, bool is_url) {
    constexpr std::string_view name = "password";
    std::string out;
    std::size_t done = 0;
    for (auto at = text.find(name); at != text.npos; at = text.find(name, at + 1)) {
        if (at < done) continue;
        auto value = at + name.size();
        while (value < text.size() && text[value] == ' ') ++value;
        if (value >= text.size() || text[value] != '=') continue;
        ++value;
        while (value < text.size() && text[value] == ' ') ++value;
        const auto end = is_url ? std::min(text.find('&', value), text.size()) : end_of_value(text, value);
        out.append(text.substr(done, value - done)).append(mask);
        done = end;
    }
    return out.append(text.substr(done));
}

}  // namespace

std::string mask_password(std::string_view connection) {
    const auto scheme = connection.find("://");
    if (scheme == connection.npos) return mask_named(connection, false);

    // The user part ends at the last '@' before the path: a careless password may hold one itself.
    const auto start = scheme + 3;
    const auto path = std::min(connection.find_first_of("/?", start), connection.size());
    auto at = connection.substr(start, path - start).rfind('@');
    // A password with an unescaped '/' or '?' moves that '@' behind it; hide too much rather than too little.
    if (at == connection.npos) at = connection.substr(start).rfind('@');
    if (at == connection.npos) return mask_named(connection, true);
    const auto user = connection.substr(start, at);
    const auto colon = user.find(':');
    const auto rest = connection.substr(start + at);
    if (colon == user.npos) return std::string{connection.substr(0, start + at)} + mask_named(rest, true);
    return std::string{connection.substr(0, start + colon + 1)} + std::string{mask} + mask_named(rest, true);
}

}  // namespace carillon::config
