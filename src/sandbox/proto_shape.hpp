#pragma once
// JSON held against a message of protocol buffers, as Google's front does it: names in snake_case or
// lowerCamelCase, nothing unknown, every value of its type.
#include <carillon/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::sandbox {

enum class Kind {
    text,
    text_map,
    texts,
    flag,
    whole,
    decimal,
    duration,
    durations,
    timestamp,
    word,    // of an enum
    any,     // an object of any shape
    object,  // of the fields given
};

struct Field {
    std::string_view name;
    Kind kind = Kind::text;
    std::span<const Field> fields = {};
    std::string_view words = {};  // space between
};

// What the front says about the first thing that is wrong.
struct ShapeError {
    std::string field;    // "message.data[0].value"
    std::string message;  // Invalid value at 'message.data[0].value' (TYPE_STRING), 12
};

// The same with every name in snake_case and without what is null. `path` is where it stands ("message").
[[nodiscard]] std::variant<Json, ShapeError> in_shape(const Json& value, std::span<const Field> fields,
                                                      const std::string& path);

// "3.5s" in seconds; nothing when it is no Duration.
[[nodiscard]] std::optional<double> duration_seconds(std::string_view text);

}  // namespace carillon::sandbox
