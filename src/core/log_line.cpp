#include "core/log_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include <carillon/json.hpp>
#include "core/time_text.hpp"

namespace carillon::log {
namespace {

constexpr int millisecond_digits = 3;

std::string_view json_name(Level level) noexcept {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warn: return "warn";
        case Level::error: return "error";
        case Level::off: return "off";
    }
    return {};
}

// All of one width, so that the events stand below each other.
std::string_view human_name(Level level) noexcept {
    switch (level) {
        case Level::debug: return "DEBUG";
        case Level::info: return "INFO ";
        case Level::warn: return "WARN ";
        case Level::error: return "ERROR";
        case Level::off: return "OFF  ";
    }
    return {};
}

bool stands_alone(std::string_view text) noexcept {
    const auto plain = [](char c) {
        const auto byte = static_cast<std::uint8_t>(c);
        return byte > 0x20 && byte < 0x7F && c != '"' && c != '\\' && c != '=';
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

template <class Number>
void append_number(std::string& out, Number number) {
    std::array<char, 32> digits{};  // the longest shortest form of a double takes 24
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), result.ptr);
}

class ValueAppender {
public:
    ValueAppender(std::string& out, Format format) : out_{out}, format_{format} {}

    void operator()(std::int64_t number) const { append_number(out_, number); }
    void operator()(double number) const {
        if (std::isfinite(number))
            append_number(out_, number);
        else
            out_ += "null";  // JSON has no word for it
    }
    void operator()(bool flag) const { out_ += flag ? "true" : "false"; }
    void operator()(std::string_view text) const {
        if (format_ == Format::human && stands_alone(text))
            out_ += text;
        else
            append_quoted(out_, text);
    }

private:
    std::string& out_;
    Format format_;
};

void append_human(std::string& out, std::optional<Time> time, Level level, std::string_view event,
                  Fields fields) {
    if (time) {
        append_rfc3339(out, *time, millisecond_digits);
        out += ' ';
    }
    out += human_name(level);
    out += ' ';
    out += event;
    for (const auto& field : fields) {
        out += ' ';
        out += field.name;
        out += '=';
        std::visit(ValueAppender{out, Format::human}, field.value);
    }
}

void append_json(std::string& out, std::optional<Time> time, Level level, std::string_view event,
                 Fields fields) {
    out += '{';
    if (time) {
        out += "\"time\":\"";
        append_rfc3339(out, *time, millisecond_digits);
        out += "\",";
    }
    out += "\"level\":\"";
    out += json_name(level);
    out += "\",\"event\":";
    append_quoted(out, event);
    for (const auto& field : fields) {
        out += ',';
        append_quoted(out, field.name);
        out += ':';
        std::visit(ValueAppender{out, Format::json}, field.value);
    }
    out += '}';
}

}  // namespace

std::string format_line(Format format, std::optional<Time> time, Level level, std::string_view event,
                        Fields fields) {
    std::string out;
    out.reserve(192);
    if (format == Format::human)
        append_human(out, time, level, event, fields);
    else
        append_json(out, time, level, event, fields);
    return out;
}

std::string format(Format format, Level level, std::string_view event, Fields fields) {
    return format_line(format, std::nullopt, level, event, fields);
}

}  // namespace carillon::log
