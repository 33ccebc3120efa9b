#pragma once
#include <boost/asio/ip/network_v6.hpp>
#include <carillon/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::net {

// Whose X-Forwarded-For is believed.
class Proxies {
public:
    // Addresses and networks ("10.0.0.0/8", "::1").
    static Result<Proxies> parse(const std::vector<std::string>& texts);

    [[nodiscard]] bool trusted(std::string_view address) const;
    // The nearest address in the chain that is not one of ours: the only one nobody else could have forged.
    [[nodiscard]] std::string client(std::string_view peer, std::string_view forwarded_for) const;

private:
    std::vector<boost::asio::ip::network_v6> networks_;  // IPv4 ones mapped
};

}  // namespace carillon::net
