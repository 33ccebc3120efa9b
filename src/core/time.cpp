#include <carillon/time.hpp>

#include <array>
#include <charconv>
#include <optional>

#include "core/time_text.hpp"

namespace carillon {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void append_number(std::string& out, std::int64_t number, int width) {
    std::array<char, 20> digits{};
    for (auto i = width; i > 0; number /= 10)
        digits[static_cast<std::size_t>(--i)] = static_cast<char>('0' + number % 10);
    out.append(digits.data(), static_cast<std::size_t>(width));
}

Error not_a_time(std::string_view why) {
    return {Failure::invalid, "must be a time such as 2026-11-21T07:30:00Z: " + std::string{why}};
}

// Reads a text from left to right; a step that does not fit leaves it where it stood.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
    bool take(std::string_view one_of) noexcept {
        if (rest_.empty() || one_of.find(rest_.front()) == std::string_view::npos) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Exactly so many digits.
    std::optional<int> number(std::size_t width) noexcept {
        const auto digits = rest_.substr(0, rest_.find_first_not_of("0123456789"));
        if (digits.size() < width) return std::nullopt;
        int value = 0;
        std::from_chars(rest_.data(), rest_.data() + width, value);
        rest_.remove_prefix(width);
        return value;
    }
    // What stands after the point: 1 to 9 digits, the first six kept.
    std::optional<microseconds> fraction() noexcept {
        const auto digits = rest_.substr(0, rest_.find_first_not_of("0123456789"));
        if (digits.empty() || digits.size() > 9) return std::nullopt;
        std::int64_t value = 0;
        for (std::size_t i = 0; i < 6; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
        rest_.remove_prefix(digits.size());
        return microseconds{value};
    }

private:
    std::string_view rest_;
};

Result<std::chrono::sys_days> parse_date(Scanner& in) {
    const auto year = in.number(4);
    const auto month = year && in.take("-") ? in.number(2) : std::nullopt;
    const auto day = month && in.take("-") ? in.number(2) : std::nullopt;
    if (!day) return not_a_time("the date is not YYYY-MM-DD");
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (*year == 0 || !date.ok()) return not_a_time("there is no such day");
    return std::chrono::sys_days{date};
}

Result<microseconds> parse_time_of_day(Scanner& in) {
    const auto hour = in.number(2);
    const auto minute = hour && in.take(":") ? in.number(2) : std::nullopt;
    const auto second = minute && in.take(":") ? in.number(2) : std::nullopt;
    if (!second) return not_a_time("the time of day is not HH:MM:SS");
    if (*second == 60) return not_a_time("leap seconds are not supported");
    if (*hour > 23 || *minute > 59 || *second > 59) return not_a_time("there is no such time of day");
    microseconds time = hours{*hour} + minutes{*minute} + seconds{*second};
    if (in.take(".")) {
        const auto fraction = in.fraction();
        if (!fraction) return not_a_time("the fraction must have 1 to 9 digits");
        time += *fraction;
    }
    return time;
}

Result<minutes> parse_offset(Scanner& in) {
    if (in.take("Zz")) return minutes{0};
    const bool east = in.take("+");
    if (!east && !in.take("-")) return not_a_time("the offset (Z or +HH:MM) is missing");
    const auto hour = in.number(2);
    const auto minute = hour && in.take(":") ? in.number(2) : std::nullopt;
    if (!minute || *hour > 23 || *minute > 59) return not_a_time("the offset is not Z or +HH:MM");
    const minutes offset = hours{*hour} + minutes{*minute};
    return east ? offset : -offset;
}

// Nothing here is meant to last longer, and within it a sum with any sensible time cannot overflow.
constexpr seconds longest_duration = days{36'500};

}  // namespace

Time system_now() {
    return std::chrono::time_point_cast<microseconds>(std::chrono::system_clock::now());
}

void append_rfc3339(std::string& out, Time time, int fraction_digits) {
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{time - day};
    append_number(out, static_cast<int>(date.year()), 4);
    out += '-';
    append_number(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_number(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_number(out, clock.hours().count(), 2);
    out += ':';
    append_number(out, clock.minutes().count(), 2);
    out += ':';
    append_number(out, clock.seconds().count(), 2);
    if (fraction_digits > 0) out += '.';
    if (fraction_digits == 3) append_number(out, clock.subseconds().count() / 1000, 3);
    if (fraction_digits == 6) append_number(out, clock.subseconds().count(), 6);
    out += 'Z';
}

std::string to_rfc3339(Time time) {
    const auto fraction = (time - std::chrono::floor<seconds>(time)).count();
    std::string out;
    out.reserve(27);
    append_rfc3339(out, time, fraction == 0 ? 0 : fraction % 1000 == 0 ? 3 : 6);
    return out;
}

Result<Time> parse_rfc3339(std::string_view text) {
    Scanner in{text};
    const auto day = parse_date(in);
    if (!day) return day.error();
    if (!in.take("Tt")) return not_a_time("a T must stand between date and time");
    const auto time_of_day = parse_time_of_day(in);
    if (!time_of_day) return time_of_day.error();
    const auto offset = parse_offset(in);
    if (!offset) return offset.error();
    if (!in.done()) return not_a_time("something stands after the offset");

    const Time time = *day + *time_of_day - *offset;
    const auto year = std::chrono::year_month_day{std::chrono::floor<days>(time)}.year();
    // The offset can carry the first and the last day out of what four digits can say.
    if (year < std::chrono::year{1} || year > std::chrono::year{9999})
        return not_a_time("there is no such day");
    return time;
}

Result<seconds> parse_duration(std::string_view text) {
    const Error wrong{Failure::invalid,
                      "must be a number and a unit (s, m, h or d), such as 30s, 15m, 1h or 7d, "
                      "and at most 36500d"};
    std::int64_t count = 0;
    const auto* const end = text.data() + text.size();
    const auto [unit, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc{} || count < 0 || text.front() == '-' || end - unit != 1) return wrong;

    seconds one{0};
    switch (*unit) {
        case 's': one = seconds{1}; break;
        case 'm': one = minutes{1}; break;
        case 'h': one = hours{1}; break;
        case 'd': one = days{1}; break;
        default: return wrong;
    }
    if (count > longest_duration / one) return wrong;
    return one * count;
}

}  // namespace carillon
