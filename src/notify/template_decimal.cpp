#include "notify/template_decimal.hpp"

#include <algorithm>
#include <charconv>

namespace carillon::notify {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr int largest_exponent = 400;  // a double's is 308; a text could ask for gigabytes of zeros

std::string_view take_digits(std::string_view& text) {
    const auto taken = text.substr(0, text.find_first_not_of(digits));
    text.remove_prefix(taken.size());
    return taken;
}

bool take(std::string_view& text, std::string_view one_of) {
    if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<int> take_exponent(std::string_view& text) {
    if (!take(text, "eE")) return 0;
    const bool negative = take(text, "-");
    if (!negative) take(text, "+");
    const auto written = take_digits(text);
    int exponent = 0;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), exponent);
    if (written.empty() || error != std::errc{} || exponent > largest_exponent) return std::nullopt;
    return negative ? -exponent : exponent;
}

void shift(Decimal& number, int exponent) {
    auto& from = exponent > 0 ? number.fraction : number.whole;
    const auto places = static_cast<std::size_t>(std::abs(exponent));
    if (exponent > 0) {
        from.resize(std::max(from.size(), places), '0');
        number.whole += from.substr(0, places);
        from.erase(0, places);
    } else if (exponent < 0) {
        if (from.size() < places) from.insert(0, places - from.size(), '0');
        number.fraction.insert(0, from.substr(from.size() - places));
        from.resize(from.size() - places);
    }
}

void normalise(Decimal& number) {
    const auto first = number.whole.find_first_not_of('0');
    number.whole = first == std::string::npos ? "0" : number.whole.substr(first);
    number.fraction.erase(number.fraction.find_last_not_of('0') + 1);
    if (number.whole == "0" && number.fraction.empty()) number.negative = false;
}

// To the digits of a number not smaller than zero.
void add_one(std::string& number) {
    auto digit = number.rbegin();
    for (; digit != number.rend() && *digit == '9'; ++digit) *digit = '0';
    if (digit == number.rend())
        number.insert(0, 1, '1');
    else
        ++*digit;
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
    Decimal number;
    number.negative = take(text, "-");
    number.whole = take_digits(text);
    if (number.whole.empty()) return std::nullopt;
    if (take(text, ".")) {
        number.fraction = take_digits(text);
        if (number.fraction.empty()) return std::nullopt;
    }
    const auto exponent = take_exponent(text);
    if (!exponent || !text.empty()) return std::nullopt;
    shift(number, *exponent);
    normalise(number);
    return number;
}

std::optional<Decimal> decimal_of(const Json& value) {
    if (value.is_string()) return parse_decimal(value.get_ref<const std::string&>());
    if (value.is_number()) return parse_decimal(value.dump());
    return std::nullopt;
}

std::strong_ordering compare(const Decimal& one, const Decimal& other) {
    if (one.negative != other.negative)
        return one.negative ? std::strong_ordering::less : std::strong_ordering::greater;
    auto order = one.whole.size() <=> other.whole.size();
    if (order == 0) order = one.whole.compare(other.whole) <=> 0;
    if (order == 0) order = one.fraction.compare(other.fraction) <=> 0;
    return one.negative ? 0 <=> order : order;
}

Decimal round_to(Decimal number, std::size_t places) {
    if (number.fraction.size() <= places) return number;
    const bool up = number.fraction[places] >= '5';
    auto all = number.whole + number.fraction.substr(0, places);
    if (up) add_one(all);
    number.whole = all.substr(0, all.size() - places);
    number.fraction = all.substr(all.size() - places);
    normalise(number);
    return number;
}

}  // namespace carillon::notify
