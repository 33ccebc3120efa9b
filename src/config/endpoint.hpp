#pragma once
// Where to listen: a host and a port.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::config {

struct Endpoint {
    std::string host;        // an address or a name; IPv6 without its brackets
    std::uint16_t port = 0;  // 0: any free one
    bool operator==(const Endpoint&) const = default;
};

// "127.0.0.1:8000", "localhost:8000", "[::1]:8000"; nothing when it is none of these.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);
[[nodiscard]] std::string to_text(const Endpoint& endpoint);
// Only this machine can reach it. A name other than localhost could be anything, so it is not.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint);

[[nodiscard]] bool is_address(std::string_view text);           // IPv4 or IPv6
[[nodiscard]] bool is_address_or_block(std::string_view text);  // "10.0.0.0/8" too

}  // namespace carillon::config
