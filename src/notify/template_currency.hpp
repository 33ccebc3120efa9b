#pragma once
#include <string>
#include <string_view>

#include "notify/template_decimal.hpp"

namespace carillon::notify {

// Three capital letters, as ISO 4217 has them.
[[nodiscard]] bool is_currency_code(std::string_view code) noexcept;

// INR "₹1,00,000" and "₹2,500.50" (decimals only where there are some), XAF "3 000 XAF", USD "$1,234.50",
// EUR "€1,234.50", any other "1,234.50 CHF".
[[nodiscard]] std::string format_currency(const Decimal& amount, std::string_view code);
// "₹2,500 - ₹10,000", but "3 000 - 10 000 XAF": a code that follows is said once.
[[nodiscard]] std::string format_currency_range(const Decimal& from, const Decimal& to,
                                                std::string_view code);

}  // namespace carillon::notify
