#pragma once
// Keys as operators write them down. All fail with Failure::invalid and a sentence that says what to mend.
#include <carillon/error.hpp>
#include <string_view>
#include <vector>
#include "http/jwt_key.hpp"

namespace carillon::http::jwt {

// One public key, or the certificate that holds it (whose dates and issuer are not looked at: it is trusted
// because the operator put it there). A private key is refused: it has no business on this server.
[[nodiscard]] Result<Key> key_from_pem(std::string_view pem);

// RFC 7517. Keys that are not meant for RS256 or ES256 signatures are passed over, as section 5 asks; one
// that is and is broken, a private or symmetric one and a repeated kid refuse the document.
[[nodiscard]] Result<std::vector<Key>> keys_from_jwks(std::string_view document);

}  // namespace carillon::http::jwt
