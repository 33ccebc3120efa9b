#include "http/handshake.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <utility>

namespace carillon::http {
namespace {

constexpr std::string_view websocket = "websocket";
constexpr std::string_view version = "13";
// The key is 16 bytes in base64.
constexpr std::size_t key_length = 24;
constexpr std::string_view key_magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_letters(std::string_view one, std::string_view other) {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    return one.size() == other.size() && std::equal(one.begin(), one.end(), other.begin(), same);
}

std::string_view trimmed(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool lists(const Request& request, std::string_view header, std::string_view wanted) {
    const auto all = listed(request, header);
    return std::any_of(all.begin(), all.end(),
                       [wanted](std::string_view each) { return same_letters(each, wanted); });
}

std::vector<std::string_view> lines(const Request& request, std::string_view header) {
    std::vector<std::string_view> all;
    for (const auto& [name, value] : request.headers)
        if (same_letters(name, header)) all.push_back(trimmed(value));
    return all;
}

bool is_key(std::string_view text) {
    if (text.size() != key_length || !text.ends_with("==")) return false;
    return std::all_of(text.begin(), text.end() - 2, [](char c) {
        return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || c == '+' || c == '/';
    });
}

bool has_body(const Request& request) {
    const auto length = request.header("Content-Length");
    return request.header("Transfer-Encoding") || (length && trimmed(*length) != "0");
}

Error malformed(std::string why) {
    return {Failure::malformed, "malformed_handshake", std::move(why)};
}

// "https://app.example.com:8443" without its scheme.
std::string_view authority_of(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == url.npos) return {};
    url.remove_prefix(scheme + 3);
    return url.substr(0, url.find('/'));
}

bool is_loopback(std::string_view authority) {
    const auto ends = authority.starts_with('[') ? authority.find(']') + 1 : authority.find(':');
    const auto host = authority.substr(0, ends);
    if (same_letters(host, "localhost") || host == "[::1]") return true;
    // A whole address: "127.0.0.1.example.com" is somebody's name.
    boost::system::error_code no_address;
    const auto address = boost::asio::ip::make_address_v4(host, no_address);
    return !no_address && address.is_loopback();
}

}  // namespace

std::vector<std::string_view> listed(const Request& request, std::string_view header) {
    std::vector<std::string_view> all;
    for (auto line : lines(request, header)) {
        while (!line.empty()) {
            const auto comma = std::min(line.find(','), line.size());
            if (const auto one = trimmed(line.substr(0, comma)); !one.empty()) all.push_back(one);
            line.remove_prefix(std::min(comma + 1, line.size()));
        }
    }
    return all;
}

std::optional<Error> check_handshake(const Request& request) {
    if (!lists(request, "Upgrade", websocket) || request.version < 11)
        return Error{Failure::upgrade_required, "This path speaks WebSocket (RFC 6455) over HTTP/1.1."};
    const auto versions = lines(request, "Sec-WebSocket-Version");
    if (versions.size() != 1 || versions.front() != version)
        return Error{Failure::upgrade_required, "websocket_version",
                     "Only WebSocket version 13 is spoken here."};
    if (request.method != Method::get) return malformed("A WebSocket begins with GET.");
    if (!lists(request, "Connection", "upgrade"))
        return malformed("The Connection header does not say upgrade.");
    const auto keys = lines(request, "Sec-WebSocket-Key");
    if (keys.size() != 1 || !is_key(keys.front()))
        return malformed("Sec-WebSocket-Key must be 16 bytes in base64, once.");
    if (has_body(request)) return malformed("A WebSocket's handshake has no body.");
    return std::nullopt;
}

bool may_connect(const Request& request, const Cors& cors, const OriginRules& rules) {
    const auto origins = lines(request, "Origin");
    if (origins.empty()) return true;
    if (origins.size() > 1) return false;
    const auto origin = origins.front();
    if (cors.allows(origin) || (!rules.public_url.empty() && same_letters(origin, rules.public_url)))
        return true;
    // A page of our own. Its scheme is not compared: a proxy may have taken TLS off.
    const auto host = request.header("Host");
    const auto from = authority_of(origin);
    return host && !from.empty() && same_letters(from, trimmed(*host)) &&
           (!rules.development || is_loopback(from));
}

std::string accept_key(std::string_view key) {
    std::string text{key};
    text += key_magic;
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 32> encoded;
    const auto length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
    return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

Response switch_protocols(const Request& request, std::shared_ptr<Speaker> speaker,
                          std::string_view protocol) {
    Response response;
    response.status = 101;
    response.content_type = {};
    response.with("Upgrade", std::string{websocket})
        .with("Connection", "Upgrade")
        .with("Sec-WebSocket-Accept", accept_key(trimmed(request.header("Sec-WebSocket-Key").value_or(""))));
    if (!protocol.empty()) response.with("Sec-WebSocket-Protocol", std::string{protocol});
    response.upgrade = std::move(speaker);
    return response;
}

}  // namespace carillon::http
