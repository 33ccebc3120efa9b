#include "config/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace carillon::config {
namespace {

// inet_pton wants a terminated text and stops at a NUL, so one inside must not slip through.
template <class Address>
std::optional<Address> address_of(int family, std::string_view text) {
    Address address{};
    if (text.find('\0') != text.npos) return std::nullopt;
    if (inet_pton(family, std::string{text}.c_str(), &address) != 1) return std::nullopt;
    return address;
}

std::optional<unsigned> number(std::string_view text, unsigned max) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
    return value;
}

bool is_host_name(std::string_view text) {
    const auto allowed = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '.'; };
    return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), allowed);
}

// "1.2.3" and "300.1.1.1" are misspelt addresses, not names.
bool is_number_like(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

}  // namespace

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == text.npos) return std::nullopt;
    const auto port = number(text.substr(colon + 1), 65'535);
    auto host = text.substr(0, colon);
    if (!port) return std::nullopt;

    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        if (!address_of<in6_addr>(AF_INET6, host)) return std::nullopt;
    } else if (!address_of<in_addr>(AF_INET, host) && (!is_host_name(host) || is_number_like(host))) {
        return std::nullopt;
    }
    return Endpoint{std::string{host}, static_cast<std::uint16_t>(*port)};
}

std::string to_text(const Endpoint& endpoint) {
    const auto port = ":" + std::to_string(endpoint.port);
    return endpoint.host.find(':') == endpoint.host.npos ? endpoint.host + port
                                                         : "[" + endpoint.host + "]" + port;
}

bool is_loopback(const Endpoint& endpoint) {
    constexpr std::uint32_t loopback_net = 127;
    if (endpoint.host == "localhost") return true;
    if (const auto v4 = address_of<in_addr>(AF_INET, endpoint.host)) {
        return ntohl(v4->s_addr) >> 24 == loopback_net;
    }
    const auto v6 = address_of<in6_addr>(AF_INET6, endpoint.host);
    if (!v6) return false;
    return IN6_IS_ADDR_LOOPBACK(&*v6) || (IN6_IS_ADDR_V4MAPPED(&*v6) && v6->s6_addr[12] == loopback_net);
}

bool is_address(std::string_view text) {
    return address_of<in_addr>(AF_INET, text) || address_of<in6_addr>(AF_INET6, text);
}

bool is_address_or_block(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == text.npos) return is_address(text);
    const auto address = text.substr(0, slash);
    if (!is_address(address)) return false;
    const unsigned longest = address.find(':') == address.npos ? 32 : 128;
    return number(text.substr(slash + 1), longest).has_value();
}

}  // namespace carillon::config
