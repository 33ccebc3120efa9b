#include "notify/template_currency.hpp"

#include <algorithm>
#include <array>

namespace carillon::notify {
namespace {

struct Style {
    std::string_view code;
    std::string_view symbol;  // stands before the digits; none: the code follows them
    std::string_view separator;
    std::size_t later_group;  // digits in a group beyond the first, which has three
    std::size_t places;
    bool whole_without_places;
};

constexpr Style any_other{"", "", ",", 3, 2, false};
constexpr std::array styles{
    Style{"INR", "₹", ",", 2, 2, true},  Style{"USD", "$", ",", 3, 2, false},
    Style{"EUR", "€", ",", 3, 2, false}, Style{"XAF", "", " ", 3, 0, false},
    Style{"XOF", "", " ", 3, 0, false},
};

const Style& style_of(std::string_view code) {
    const auto* const found =
        std::find_if(styles.begin(), styles.end(), [&](const Style& style) { return style.code == code; });
    return found == styles.end() ? any_other : *found;
}

std::string grouped(std::string_view whole, const Style& style) {
    constexpr std::size_t first_group = 3;
    std::string out;
    out.reserve(whole.size() * 2);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        const auto left = whole.size() - i;  // digits from here to the point
        const bool starts_group =
            left == first_group || (left > first_group && (left - first_group) % style.later_group == 0);
        if (i > 0 && starts_group) out += style.separator;
        out += whole[i];
    }
    return out;
}

std::string digits_of(const Decimal& amount, const Style& style) {
    const auto number = round_to(amount, style.places);
    auto out = std::string{number.negative ? "-" : ""} + std::string{style.symbol};
    out += grouped(number.whole, style);
    if (style.places == 0 || (style.whole_without_places && number.fraction.empty())) return out;
    return out + "." + number.fraction + std::string(style.places - number.fraction.size(), '0');
}

std::string code_after(const Style& style, std::string_view code) {
    return style.symbol.empty() ? " " + std::string{code} : std::string{};
}

}  // namespace

bool is_currency_code(std::string_view code) noexcept {
    return code.size() == 3 &&
           std::all_of(code.begin(), code.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string format_currency(const Decimal& amount, std::string_view code) {
    const auto& style = style_of(code);
    return digits_of(amount, style) + code_after(style, code);
}

std::string format_currency_range(const Decimal& from, const Decimal& to, std::string_view code) {
    const auto& style = style_of(code);
    return digits_of(from, style) + " - " + digits_of(to, style) + code_after(style, code);
}

}  // namespace carillon::notify
