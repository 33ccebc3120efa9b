#include <carillon/phone.hpp>

#include <algorithm>

namespace carillon {
namespace {

constexpr std::size_t fewest_digits = 8;
constexpr std::size_t most_digits = 15;  // E.164

// The bytes a separator takes at the beginning of the text, 0 when there is none.
std::size_t separator_length(std::string_view text) noexcept {
    constexpr std::string_view no_break_space = "\xC2\xA0";
    if (text.starts_with(no_break_space)) return no_break_space.size();
    return std::string_view{" -.()"}.find(text.front()) == std::string_view::npos ? 0 : 1;
}

// "+" and the digits, when every byte of the text belongs to a well-formed number.
std::optional<std::string> normalise(std::string_view text) {
    std::string digits;
    bool plus = false;
    while (!text.empty()) {
        const char c = text.front();
        auto length = separator_length(text);
        if (length == 0) {
            length = 1;
            if (c == '+' && !plus && digits.empty())
                plus = true;
            else if (c >= '0' && c <= '9' && digits.size() < most_digits + 2)
                digits += c;
            else
                return std::nullopt;
        }
        text.remove_prefix(length);
    }
    if (!plus && digits.starts_with("00")) digits.erase(0, 2);
    if (digits.size() < fewest_digits || digits.size() > most_digits || digits.front() == '0')
        return std::nullopt;
    return "+" + digits;
}

}  // namespace

std::string Phone::masked() const {
    constexpr std::size_t shown_end = 3;
    constexpr std::size_t hidden_at_least = 4;  // a short number must not be guessable from its mask
    const auto digit_count = e164_.size() - 1;
    const auto shown_start = std::min<std::size_t>(4, digit_count - shown_end - hidden_at_least);
    auto out = e164_;
    const auto hidden = digit_count - shown_start - shown_end;
    out.replace(1 + shown_start, hidden, hidden, '*');
    return out;
}

Result<Phone> parse_phone(std::string_view text) {
    auto e164 = normalise(text);
    if (!e164)
        return Error{Failure::invalid,
                     "must be a phone number with its country code, such as +237691924173 (8 to 15 digits)"};
    return Phone{std::move(*e164)};
}

std::optional<Phone> as_phone(std::string_view text) {
    // Most user ids begin with a letter; they should not pay for an error nobody reads.
    if (!normalise(text)) return std::nullopt;
    return parse_phone(text).value();
}

}  // namespace carillon
