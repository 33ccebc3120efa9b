#include <carillon/secret.hpp>

#include <openssl/crypto.h>

namespace carillon {

bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept {
    // The length of a digest or a key is no secret; its bytes are.
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace carillon
