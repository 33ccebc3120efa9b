#pragma once
// How an HTTP request becomes a WebSocket (RFC 6455, 4.2): what it must hold, from where it may come, and the
// answer that switches protocols.
#include <carillon/connection.hpp>
#include <carillon/error.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/cors.hpp"

namespace carillon::http {

// All that a header lists, its lines taken together: "a, b" and "c" are a, b and c.
[[nodiscard]] std::vector<std::string_view> listed(const Request& request, std::string_view header);

// Failure::upgrade_required for what is no such request, or of another version; Failure::malformed for one
// that breaks the rules.
[[nodiscard]] std::optional<Error> check_handshake(const Request& request);

// Where a page may stand that opens a socket here. A browser lets any page open one, so that the server must
// look; an app sends no Origin.
struct OriginRules {
    std::string public_url;    // our own address, as clients know it
    bool development = false;  // no token protects us: only pages of this very machine count as ours
};
[[nodiscard]] bool may_connect(const Request& request, const Cors& cors, const OriginRules& rules);

// "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" for "dGhlIHNhbXBsZSBub25jZQ==".
[[nodiscard]] std::string accept_key(std::string_view key);

// The answer. `protocol` is one of those that the client offered, or empty.
[[nodiscard]] Response switch_protocols(const Request& request, std::shared_ptr<Speaker> speaker,
                                        std::string_view protocol);

}  // namespace carillon::http
