#include "notify/template_case.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/utf8.hpp"

namespace carillon::notify {
namespace {

// Small letters from first to last, every so many, and how far their capitals are before them.
struct Letters {
    char32_t first;
    char32_t last;
    char32_t every;
    std::int32_t to_capital;
};

// Only pairs whose halves take as many bytes in UTF-8, or nearly: no text grows by more than a half.
constexpr std::array table{
    Letters{U'a', U'z', 1, -32},      Letters{0x00E0, 0x00F6, 1, -32},  // à
    Letters{0x00F8, 0x00FE, 1, -32},  Letters{0x00FF, 0x00FF, 1, 121},  // ÿ
    Letters{0x0101, 0x012F, 2, -1},   Letters{0x0133, 0x0137, 2, -1},   // ā
    Letters{0x013A, 0x0148, 2, -1},   Letters{0x014B, 0x0177, 2, -1},   // ŋ, œ
    Letters{0x01A1, 0x01A5, 2, -1},   Letters{0x01B0, 0x01B0, 1, -1},   // ơ, ư
    Letters{0x01CE, 0x01DC, 2, -1},   Letters{0x01DF, 0x01EF, 2, -1},
    Letters{0x01F9, 0x021F, 2, -1},                                      // ș, ț
    Letters{0x017A, 0x017E, 2, -1},   Letters{0x0253, 0x0253, 1, -210},  // ɓ and its like in Africa
    Letters{0x0254, 0x0254, 1, -206}, Letters{0x0256, 0x0257, 1, -205},
    Letters{0x0259, 0x0259, 1, -202}, Letters{0x025B, 0x025B, 1, -203},
    Letters{0x03AC, 0x03AC, 1, -38},  Letters{0x03AD, 0x03AF, 1, -37},  // Greek
    Letters{0x03B1, 0x03C1, 1, -32},  Letters{0x03C3, 0x03CB, 1, -32},
    Letters{0x03CC, 0x03CC, 1, -64},  Letters{0x03CD, 0x03CE, 1, -63},
    Letters{0x0430, 0x044F, 1, -32},  Letters{0x0450, 0x045F, 1, -80},  // Cyrillic
    Letters{0x0461, 0x0481, 2, -1},   Letters{0x048B, 0x04BF, 2, -1},
    Letters{0x04D1, 0x052F, 2, -1},   Letters{0x1E01, 0x1E95, 2, -1},  // ẁ, Vietnamese
    Letters{0x1EA1, 0x1EFF, 2, -1},
};

char32_t moved(char32_t letter, std::int32_t by) {
    return static_cast<char32_t>(static_cast<std::int32_t>(letter) + by);
}

bool in_row(const Letters& row, char32_t small) {
    return small >= row.first && small <= row.last && (small - row.first) % row.every == 0;
}

char32_t capital(char32_t letter) {
    for (const auto& row : table) {
        if (in_row(row, letter)) return moved(letter, row.to_capital);
    }
    return letter;
}

char32_t small(char32_t letter) {
    for (const auto& row : table) {
        const auto candidate = moved(letter, -row.to_capital);
        if (in_row(row, candidate)) return candidate;
    }
    return letter;
}

// Of the one or two bytes (three for Latin Extended Additional) that the table's letters take.
char32_t decode(std::string_view character) {
    const auto byte = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<std::uint8_t>(character[i]));
    };
    if (character.size() == 1) return byte(0);
    if (character.size() == 2) return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
    return (byte(0) & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
}

void append(std::string& out, char32_t letter) {
    const auto add = [&](char32_t byte) { out += static_cast<char>(static_cast<std::uint8_t>(byte)); };
    if (letter < 0x80) return add(letter);
    if (letter < 0x800) {
        add(0xC0U | letter >> 6U);
    } else {
        add(0xE0U | letter >> 12U);
        add(0x80U | (letter >> 6U & 0x3FU));
    }
    add(0x80U | (letter & 0x3FU));
}

// Each character by what `choose` makes of it and of the one before it.
template <class Choose>
std::string each_letter(std::string_view text, Choose choose) {
    std::string out;
    out.reserve(text.size());
    char32_t before = U' ';
    for (std::size_t at = 0; at < text.size();) {
        const auto length = utf8_length(text, at);
        const auto character = text.substr(at, length == 0 ? 1 : length);
        at += character.size();
        // What is no UTF-8, or beyond the table's planes, passes as it is.
        if (length == 0 || length == 4) {
            out += character;
            before = U'?';
            continue;
        }
        const auto letter = decode(character);
        append(out, choose(letter, before));
        before = letter;
    }
    return out;
}

bool begins_character(char byte) {
    return (static_cast<std::uint8_t>(byte) & 0xC0U) != 0x80U;
}

bool ends_word(char32_t letter) {
    return letter <= U' ' || letter == U'-' || letter == U'(' || letter == 0x00A0;
}

}  // namespace

std::string to_upper(std::string_view text) {
    return each_letter(text, [](char32_t letter, char32_t) { return capital(letter); });
}

std::string to_lower(std::string_view text) {
    return each_letter(text, [](char32_t letter, char32_t) { return small(letter); });
}

std::string to_title(std::string_view text) {
    return each_letter(text, [](char32_t letter, char32_t before) {
        return ends_word(before) ? capital(letter) : small(letter);
    });
}

std::size_t count_characters(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string cut_to(std::string_view text, std::size_t characters) {
    std::size_t seen = 0;
    std::size_t kept = 0;  // bytes of all characters but the last that would fit
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (!begins_character(text[at])) continue;
        if (++seen == characters) kept = at;
        if (seen > characters) return std::string{text.substr(0, kept)} + "…";
    }
    return std::string{text};
}

}  // namespace carillon::notify
