#include "outbound/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>

namespace carillon::outbound {

namespace {

using std::chrono::seconds;

constexpr seconds longest = std::chrono::days{1};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

seconds limited(seconds wait) {
    return std::clamp(wait, seconds{0}, longest);
}

seconds from_digits(std::string_view digits) {
    seconds wait{0};
    for (const char digit : digits) wait = limited(wait * 10 + seconds{digit - '0'});
    return wait;
}

// Every form of the HTTP date begins with the day of the week; curl alone would take "-5" and "12:30" too.
std::optional<seconds> parse_date(const std::string& text) {
    const auto first = text.empty() ? ' ' : static_cast<char>(text.front() | 0x20);
    if (first < 'a' || first > 'z') return std::nullopt;
    const auto time = curl_getdate(text.c_str(), nullptr);
    if (time == -1) return std::nullopt;
    return seconds{time};
}

}  // namespace

std::optional<seconds> parse_retry_after(std::string_view text, const std::string& answer_date, Time now) {
    if (text.empty()) return std::nullopt;
    if (std::all_of(text.begin(), text.end(), is_digit)) return from_digits(text);
    const auto until = parse_date(std::string{text});
    if (!until) return std::nullopt;
    const auto today = std::chrono::floor<seconds>(now.time_since_epoch());
    return limited(*until - parse_date(answer_date).value_or(today));
}

}  // namespace carillon::outbound
