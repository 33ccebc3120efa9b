#pragma once
#include <string>
#include <string_view>

namespace carillon::notify {

// Of Latin, Greek and Cyrillic letters, whatever the machine's locale; the rest of Unicode stays as it is.
[[nodiscard]] std::string to_upper(std::string_view text);
[[nodiscard]] std::string to_lower(std::string_view text);
// Every word with a capital and small letters.
[[nodiscard]] std::string to_title(std::string_view text);

// In characters, not bytes.
[[nodiscard]] std::size_t count_characters(std::string_view text) noexcept;

// Not longer than so many characters; "…" stands for what was cut off.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t characters);

}  // namespace carillon::notify
