#include "http/jwt_header.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <carillon/bytes.hpp>
#include <carillon/json.hpp>

namespace carillon::http::jwt {
namespace {

// Extensions we do not know how to honour (RFC 7515, 4.1.11: must be refused), an unencoded payload,
// compression.
constexpr std::array refused_members{"crit", "b64", "zip"};

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
    const auto same = [](char one, char other) {
        const auto folded = one >= 'A' && one <= 'Z' ? static_cast<char>(one - 'A' + 'a') : one;
        return folded == other;
    };
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), same);
}

// A token of another purpose (an id token's logout, a proof of possession) is not an access token.
bool is_access_token(const Json& header) {
    const auto typ = header.find("typ");
    if (typ == header.end()) return true;
    if (!typ->is_string()) return false;
    const auto& name = typ->get_ref<const std::string&>();
    return equal_ignoring_case(name, "jwt") || equal_ignoring_case(name, "at+jwt");
}

Result<TokenHeader> check_header(const Json& header) {
    for (const auto* name : refused_members)
        if (header.contains(name))
            return token_error("The token uses an extension that this server does not accept.");
    if (!is_access_token(header)) return token_error("The token is not an access token.");

    const auto alg = header.find("alg");
    const auto algorithm = alg != header.end() && alg->is_string()
                               ? algorithm_named(alg->get_ref<const std::string&>())
                               : std::nullopt;
    if (!algorithm) return token_error("The token's algorithm is not one that this server accepts.");

    TokenHeader result{*algorithm, std::nullopt};
    if (const auto kid = header.find("kid"); kid != header.end()) {
        if (!kid->is_string()) return token_error("The token's key id is not a text.");
        result.kid = kid->get<std::string>();
    }
    return result;
}

}  // namespace

Error token_error(std::string detail) {
    return {Failure::unauthenticated, "invalid_token", std::move(detail)};
}

Result<TokenHeader> read_header(std::string_view part) {
    const auto text = from_base64url(part);
    if (!text) return token_error("The token's header is not base64url.");
    const auto header = parse_json(*text);
    if (!header || !header->is_object()) return token_error("The token's header is not a JSON object.");
    return check_header(*header);
}

}  // namespace carillon::http::jwt
