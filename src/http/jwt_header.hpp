#pragma once
// The JOSE header: which algorithm and which key the token claims. It is read before anything is proven, so
// it may only narrow the choice among our keys; a key inside it (jwk, x5c) or an address of one (jku, x5u) is
// never used.
#include <carillon/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include "http/jwt_key.hpp"

namespace carillon::http::jwt {

struct TokenHeader {
    Algorithm algorithm = Algorithm::hs256;
    std::optional<std::string> kid;
};

// Failure::unauthenticated, code "invalid_token". Every refusal of a token is made here, with a sentence that
// holds nothing of it.
[[nodiscard]] Error token_error(std::string detail);

// Takes the first part of a token, still in base64url.
[[nodiscard]] Result<TokenHeader> read_header(std::string_view part);

}  // namespace carillon::http::jwt
