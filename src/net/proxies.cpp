#include "net/proxies.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <algorithm>
#include <optional>
#include <string>

namespace carillon::net {
namespace {

namespace ip = boost::asio::ip;

// One kind of address for both families: ::ffff:10.0.0.0/104 is 10.0.0.0/8.
constexpr unsigned short mapped_bits = 96;

std::optional<ip::address_v6> address_of(std::string_view text) {
    boost::system::error_code error;
    const auto address = ip::make_address(std::string{text}, error);
    if (error) return std::nullopt;
    return address.is_v6() ? address.to_v6() : ip::make_address_v6(ip::v4_mapped, address.to_v4());
}

std::optional<ip::network_v6> network_of(const std::string& text) {
    if (const auto address = address_of(text)) return ip::network_v6{*address, 128};
    boost::system::error_code error;
    const auto v4 = ip::make_network_v4(text, error);
    if (!error)
        return ip::network_v6{ip::make_address_v6(ip::v4_mapped, v4.network()),
                              static_cast<unsigned short>(v4.prefix_length() + mapped_bits)};
    const auto v6 = ip::make_network_v6(text, error);
    if (error) return std::nullopt;
    return v6.canonical();
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

}  // namespace

Result<Proxies> Proxies::parse(const std::vector<std::string>& texts) {
    Proxies proxies;
    for (const auto& text : texts) {
        const auto network = network_of(text);
        if (!network) return Error{Failure::invalid, "\"" + text + "\" is neither an address nor a network"};
        proxies.networks_.push_back(*network);
    }
    return proxies;
}

bool Proxies::trusted(std::string_view text) const {
    if (networks_.empty()) return false;
    const auto address = address_of(text);
    if (!address) return false;
    return std::any_of(networks_.begin(), networks_.end(), [&](const ip::network_v6& network) {
        return ip::network_v6{*address, network.prefix_length()}.canonical() == network.canonical();
    });
}

std::string Proxies::client(std::string_view peer, std::string_view forwarded_for) const {
    std::string nearest{peer};
    while (trusted(nearest) && !forwarded_for.empty()) {
        const auto comma = forwarded_for.rfind(',');
        const auto start = comma == std::string_view::npos ? 0 : comma + 1;
        const auto hop = trimmed(forwarded_for.substr(start));
        if (!address_of(hop)) break;
        // As we would write it ourselves, or one client would have as many names as spellings.
        const auto address = *address_of(hop);
        nearest = address.is_v4_mapped() ? ip::make_address_v4(ip::v4_mapped, address).to_string()
                                         : address.to_string();
        forwarded_for = forwarded_for.substr(0, start ? start - 1 : 0);
    }
    return nearest;
}

}  // namespace carillon::net
