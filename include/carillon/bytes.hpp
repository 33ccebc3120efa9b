#pragma once
// Bytes as text and back, and the two digests the server needs. All strict: what another encoder would not
// have written is refused.
#include <carillon/error.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace carillon {

[[nodiscard]] std::string to_hex(std::string_view bytes);
// base64url without padding (RFC 7515). Decoding refuses padding, other alphabets and non-zero spare bits.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);
[[nodiscard]] std::string sha256(std::string_view bytes);                             // 32 raw bytes
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);  // 32 raw bytes
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;  // well-formed: no overlong forms, no surrogates

// Well-formed UTF-8 without NUL, percent-decoding done; nothing otherwise. '+' is a space only in a query.
enum class PlusIs { plus, space };
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, PlusIs plus);

// From the operating system; throws std::runtime_error when it has none to give.
[[nodiscard]] std::string random_bytes(std::size_t count);

}  // namespace carillon
