#include "config/checks.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace carillon::config::checks {
namespace {

bool is_digit(unsigned char c) {
    return std::isdigit(c) != 0;
}
bool is_control(unsigned char c) {
    return c < 0x20 || c == 0x7F;
}

template <class Test>
bool all_of(std::string_view text, Test test) {
    return std::all_of(text.begin(), text.end(),
                       [test](char c) { return test(static_cast<unsigned char>(c)); });
}

bool is_plain(std::string_view text) {
    return !std::any_of(text.begin(), text.end(),
                        [](char c) { return is_control(static_cast<unsigned char>(c)); });
}

bool is_anything(std::string_view) {
    return true;
}

bool is_signing_key(std::string_view text) {
    return text.empty() || text.size() >= 32;
}

bool is_endpoint(std::string_view text) {
    return parse_endpoint(text).has_value();
}

// What stands after the scheme, when it is one of ours.
std::optional<std::string_view> after_scheme(std::string_view text) {
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (text.starts_with(scheme)) return text.substr(scheme.size());
    }
    return std::nullopt;
}

bool is_host_and_port(std::string_view text) {
    if (text.empty()) return false;
    return is_endpoint(text) || is_endpoint(std::string{text} + ":0");
}

bool is_public_url(std::string_view text) {
    if (text.empty()) return true;
    const auto rest = after_scheme(text);
    if (!rest || !is_plain(text) || text.ends_with('/')) return false;
    if (text.find_first_of(" ?#@") != text.npos) return false;
    return is_host_and_port(rest->substr(0, rest->find('/')));
}

bool is_origin(std::string_view text) {
    if (text == "*") return true;
    const auto rest = after_scheme(text);
    return rest && is_host_and_port(*rest);
}

bool has_valid_escapes(std::string_view text) {
    const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
    for (auto at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
        const auto code = text.substr(at + 1, 2);
        if (code.size() < 2 || !all_of(code, is_hex)) return false;
    }
    return true;
}

// Enough to keep libpq from refusing the text with a message that quotes it, password and all.
bool is_connection(std::string_view text) {
    if (text.empty()) return true;
    if (!is_plain(text)) return false;
    const bool is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    if (is_url) return text.find(' ') == text.npos && has_valid_escapes(text);
    return text.find('=') != text.npos && text.find("://") == text.npos;
}

bool is_phone_number(std::string_view text) {
    const auto counted = std::count_if(text.begin(), text.end(), [](unsigned char c) { return is_digit(c); });
    const auto allowed = [](unsigned char c) { return is_digit(c) || c == ' ' || c == '-'; };
    if (text.empty()) return true;
    if (text.front() == '+') text.remove_prefix(1);
    return counted >= 8 && counted <= 20 && all_of(text, allowed);
}

bool is_webhook_key(std::string_view text) {
    return text.empty() || text.size() >= 16;  // none: the webhook is closed
}

bool is_digits(std::string_view text) {
    return text.size() <= 32 && all_of(text, is_digit);
}

bool is_identifier(std::string_view text) {
    const auto allowed = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ':';
    };
    return text.size() <= 128 && all_of(text, allowed);
}

}  // namespace

const Check any_text{is_plain, "a text without control characters"};
const Check any_secret{is_plain, "a text without control characters"};
const Check free_secret{is_anything, "a text"};
const Check signing_key{is_signing_key, "a text of 32 bytes or more"};
const Check endpoint{is_endpoint, "host:port (\"127.0.0.1:8000\", \"[::1]:8000\")"};
const Check webhook_key{is_webhook_key, "16 characters or more"};
const Check public_url{is_public_url, "an http:// or https:// address without a final slash"};
const Check origin{is_origin, "an origin (\"https://app.example.com\") or \"*\""};
const Check proxy{is_address_or_block, "an address or a block (\"10.0.0.0/8\")"};
const Check connection{is_connection, "a PostgreSQL address (\"postgres://user:password@host:5432/name\")"};
const Check phone_number{is_phone_number, "a phone number (\"+919876543210\")"};
const Check digits{is_digits, "a text of digits"};
const Check identifier{is_identifier, "a text of letters, digits and - _ . :"};

}  // namespace carillon::config::checks
