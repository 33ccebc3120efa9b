#include "notify/template_date.hpp"

#include <carillon/time.hpp>
#include <array>
#include <charconv>
#include <chrono>
#include <optional>

namespace carillon::notify {
namespace {

constexpr std::string_view plain_codes = "dembBaAYyHMIp%";
constexpr std::string_view unpadded_codes = "dmHI";
constexpr std::size_t longest_date = 40;  // an RFC 3339 time has at most 35 characters

struct Names {
    std::array<std::string_view, 12> months;
    std::array<std::string_view, 12> short_months;
    std::array<std::string_view, 7> days;  // from Sunday
    std::array<std::string_view, 7> short_days;
};

constexpr Names english{{"January", "February", "March", "April", "May", "June", "July", "August",
                         "September", "October", "November", "December"},
                        {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
                        {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
                        {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}};
constexpr Names french{
    {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
     "novembre", "décembre"},
    {"janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."},
    {"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
    {"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}};

struct Moment {
    unsigned year = 0;
    unsigned month = 0;
    unsigned day = 0;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned weekday = 0;
};

unsigned number_at(std::string_view text, std::size_t at, std::size_t width) {
    unsigned number = 0;
    std::from_chars(text.data() + at, text.data() + at + width, number);
    return number;
}

std::optional<Moment> read(std::string_view text) {
    if (text.size() < 10 || text.size() > longest_date) return std::nullopt;
    auto whole = std::string{text};
    if (whole.size() == 10) whole += "T00:00:00Z";
    if (!parse_rfc3339(whole)) return std::nullopt;
    // What is written, not the moment that it means: an offset says whose clock it is, and the reader's is
    // the best guess.
    Moment moment{number_at(whole, 0, 4),  number_at(whole, 5, 2),  number_at(whole, 8, 2),
                  number_at(whole, 11, 2), number_at(whole, 14, 2), 0};
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(moment.year)},
                                           std::chrono::month{moment.month}, std::chrono::day{moment.day}};
    moment.weekday = std::chrono::weekday{std::chrono::sys_days{date}}.c_encoding();
    return moment;
}

std::string padded(unsigned number, std::size_t width, char fill = '0') {
    auto text = std::to_string(number);
    if (text.size() < width) text.insert(0, width - text.size(), fill);
    return text;
}

std::string element(const Moment& moment, char code, std::size_t width, const Names& names) {
    const auto twelve = moment.hour % 12 == 0 ? 12 : moment.hour % 12;
    switch (code) {
        case 'd': return padded(moment.day, width);
        case 'e': return padded(moment.day, width, ' ');
        case 'm': return padded(moment.month, width);
        case 'b': return std::string{names.short_months[moment.month - 1]};
        case 'B': return std::string{names.months[moment.month - 1]};
        case 'a': return std::string{names.short_days[moment.weekday]};
        case 'A': return std::string{names.days[moment.weekday]};
        case 'Y': return padded(moment.year, 4);
        case 'y': return padded(moment.year % 100, 2);
        case 'H': return padded(moment.hour, width);
        case 'M': return padded(moment.minute, 2);
        case 'I': return padded(twelve, width);
        case 'p': return moment.hour < 12 ? "AM" : "PM";
        default: return "%";
    }
}

}  // namespace

std::string format_date(std::string_view date, std::string_view format, std::string_view language) {
    const auto moment = read(date);
    if (!moment) return std::string{date};
    const auto& names =
        language == "fr" || language.starts_with("fr-") || language.starts_with("fr_") ? french : english;
    std::string out;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            out += format[i];
            continue;
        }
        const bool unpadded = format[i + 1] == '-' && i + 2 < format.size();
        i += unpadded ? 2 : 1;
        out += element(*moment, format[i], unpadded ? 1 : 2, names);
    }
    return out;
}

std::string date_format_objection(std::string_view format) {
    for (auto at = format.find('%'); at != std::string_view::npos; at = format.find('%', at + 2)) {
        const bool unpadded = format.substr(at + 1).starts_with('-');
        const auto code = format.substr(at + (unpadded ? 2 : 1), 1);
        const auto known = unpadded ? unpadded_codes : plain_codes;
        if (code.empty()) return "a date's format ends inside of a %";
        if (known.find(code.front()) == std::string_view::npos)
            return "a date's format has no such part as the one that begins at character " +
                   std::to_string(at + 1) +
                   " (known are %d %e %m %b %B %a %A %Y %y %H %M %I %p %-d %-m %-H %-I)";
    }
    return {};
}

}  // namespace carillon::notify
