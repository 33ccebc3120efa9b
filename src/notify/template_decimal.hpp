#pragma once
// Numbers as text: money has no place in a double, and an amount may have more digits than any machine
// number.
#include <cstddef>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include <carillon/json.hpp>

namespace carillon::notify {

struct Decimal {
    bool negative = false;
    std::string whole = "0";  // no leading zeros
    std::string fraction;     // no trailing zeros
};

// "-12.50", "3", "1e+20" (as JSON prints a large double); nothing else, and no exponent beyond a double's.
[[nodiscard]] std::optional<Decimal> parse_decimal(std::string_view text);
// Of a JSON number, or of a text that holds a decimal.
[[nodiscard]] std::optional<Decimal> decimal_of(const Json& value);

[[nodiscard]] std::strong_ordering compare(const Decimal& one, const Decimal& other);

// Half away from zero, as an invoice does it.
[[nodiscard]] Decimal round_to(Decimal number, std::size_t places);

}  // namespace carillon::notify
