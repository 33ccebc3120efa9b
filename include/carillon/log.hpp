#pragma once
// Structured log lines over spdlog: an event first, then its fields; as JSON or for people.
// Never a message text, a token or a body; phones masked.
// Threads: any. Lines are handed to one writer thread; when it falls behind, the oldest lines are dropped
// and counted, because a slow terminal must not slow the event loop.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace carillon::log {

enum class Level { debug, info, warn, error, off };
enum class Format { human, json };

using Value = std::variant<std::int64_t, double, bool, std::string_view>;

struct Field {
    Field(std::string_view key, std::string_view text) : name{key}, value{text} {}
    Field(std::string_view key, const char* text) : name{key}, value{std::string_view{text}} {}
    Field(std::string_view key, const std::string& text) : name{key}, value{std::string_view{text}} {}
    Field(std::string_view key, double number) : name{key}, value{number} {}
    Field(std::string_view key, bool flag) : name{key}, value{flag} {}
    template <class Integer>
    requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
        Field(std::string_view key, Integer number)
        : name{key}, value{static_cast<std::int64_t>(number)} {}

    std::string_view name;
    Value value;
};
using Fields = std::initializer_list<Field>;

// Until start() is called, nothing is written: tests and one-shot commands stay quiet.
void start(Level level, Format format);
void set_level(Level level);
[[nodiscard]] bool enabled(Level level) noexcept;
// Writes out what is waiting. Call it last.
void stop();

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
    write(Level::debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
    write(Level::error, event, fields);
}

// What a library says of a failure, without what stands between quotes: the database quotes values and whole
// rows, which are nobody's business who reads the log. The first line only.
[[nodiscard]] std::string without_values(std::string_view what);

// One line as it would be written, without its time: what the tests look at.
[[nodiscard]] std::string format(Format format, Level level, std::string_view event, Fields fields);

}  // namespace carillon::log
