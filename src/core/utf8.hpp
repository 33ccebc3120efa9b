#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace carillon {

// How many bytes the code point at `at` takes, 1 to 4; 0 when the bytes there are not well-formed UTF-8.
[[nodiscard]] inline std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
    const auto left = text.size() - at;
    const auto follows = [&](std::size_t i) { return i < left && (byte(i) & 0xC0U) == 0x80U; };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead < 0xC2) return 0;  // a continuation byte, or an overlong form
    if (lead < 0xE0) return follows(1) ? 2 : 0;
    if (lead < 0xF0) {
        if (!follows(1) || !follows(2)) return 0;
        const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
        const bool surrogate = lead == 0xED && byte(1) >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (lead > 0xF4 || !follows(1) || !follows(2) || !follows(3)) return 0;
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool beyond_unicode = lead == 0xF4 && byte(1) >= 0x90;
    return overlong || beyond_unicode ? 0 : 4;
}

// The controls that can move a terminal's cursor or break a line: C0, DEL and C1 (two bytes in UTF-8).
[[nodiscard]] inline bool is_control(std::string_view code_point) noexcept {
    const auto first = static_cast<std::uint8_t>(code_point.front());
    if (code_point.size() == 1) return first < 0x20 || first == 0x7F;
    return code_point.size() == 2 && first == 0xC2 && static_cast<std::uint8_t>(code_point[1]) < 0xA0;
}

}  // namespace carillon
