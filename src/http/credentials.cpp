#include "http/credentials.hpp"

#include <carillon/bytes.hpp>
#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "http/handshake.hpp"

namespace carillon::http {
namespace {

constexpr std::string_view scheme = "bearer ";
constexpr std::string_view protocol_prefix = "bearer.";

bool has_scheme(std::string_view header) {
    if (header.size() <= scheme.size()) return false;
    for (std::size_t i = 0; i < scheme.size(); ++i)
        if ((header[i] | 0x20) != (scheme[i] | 0x20)) return false;
    return true;
}

// The first of that name; a second one is the query reader's to refuse.
std::optional<std::string> in_query(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
        return percent_decode(pair.substr(name.size() + 1), PlusIs::space).value_or("");
    }
    return std::nullopt;
}

std::vector<std::optional<std::string>> in_protocols(const Request& request) {
    std::vector<std::optional<std::string>> all;
    for (const auto protocol : listed(request, "Sec-WebSocket-Protocol"))
        if (protocol.starts_with(protocol_prefix)) all.emplace_back(protocol.substr(protocol_prefix.size()));
    return all;
}

Error empty_token() {
    return {Failure::unauthenticated, "invalid_token", "The token is empty."};
}

}  // namespace

Result<Credentials> credentials_of(const Request& request) {
    const auto header = request.header("Authorization");
    if (!header) return Credentials{};
    if (!has_scheme(*header))
        return Error{Failure::unauthenticated, "invalid_token",
                     "The Authorization header must be: Bearer <token>."};
    return Credentials{std::string{header->substr(scheme.size())}, {}};
}

Result<Credentials> credentials_of_handshake(const Request& request) {
    auto shown = credentials_of(request);
    if (shown.has_error()) return shown;
    int ways = shown->token.empty() ? 0 : 1;
    auto tokens = in_protocols(request);
    tokens.push_back(in_query(request.query, "token"));
    for (auto& found : tokens) {
        if (!found) continue;
        if (found->empty()) return empty_token();
        ++ways;
        shown->token = std::move(*found);
    }
    if (auto ticket = in_query(request.query, "ticket")) {
        if (ticket->empty()) return empty_token();
        ++ways;
        shown->ticket = std::move(*ticket);
    }
    if (ways > 1) return Error{Failure::malformed, "ambiguous_token", "Show one token, in one way."};
    return shown;
}

}  // namespace carillon::http
