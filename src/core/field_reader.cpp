#include <carillon/json.hpp>

#include <cmath>
#include <cstdint>
#include <limits>

#include "core/nearest.hpp"
#include "core/utf8.hpp"

namespace carillon {
namespace {

// More would not help the caller, and each costs a search for the nearest name.
constexpr std::size_t most_unknown_fields = 20;
constexpr std::size_t longest_echo = 64;

std::string expected_text(FieldReader::Text bounds) {
    const auto max = std::to_string(bounds.max);
    if (bounds.min == bounds.max) return "must be a text of " + max + " characters";
    if (bounds.min == 0) return "must be a text of at most " + max + " characters";
    return "must be a text of " + std::to_string(bounds.min) + " to " + max + " characters";
}

std::string expected_integer(std::int64_t min, std::int64_t max) {
    using Limits = std::numeric_limits<std::int64_t>;
    if (min == Limits::min() && max == Limits::max()) return "must be a whole number";
    if (max == Limits::max()) return "must be a whole number of at least " + std::to_string(min);
    return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

std::string expected_choice(const std::vector<std::string_view>& options) {
    std::string message = "must be one of ";
    for (std::size_t i = 0; i < options.size(); ++i) {
        if (i > 0) message += ", ";
        message += options[i];
    }
    return message;
}

// What is wrong with the text, or nothing.
std::optional<std::string> complaint(const std::string& text, FieldReader::Text bounds) {
    std::size_t code_points = 0;
    for (std::size_t at = 0; at < text.size(); ++code_points) {
        const auto length = utf8_length(text, at);
        if (length == 0) return "must be valid UTF-8";
        const auto c = text[at];
        if (is_control(std::string_view{text}.substr(at, length)) && c != '\n' && c != '\t' && c != '\r')
            return "must not contain control characters";
        at += length;
    }
    if (code_points < bounds.min || code_points > bounds.max) return expected_text(bounds);
    return std::nullopt;
}

std::optional<std::int64_t> whole_number(const Json& value) {
    if (value.is_number_unsigned()) {
        const auto number = value.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return std::nullopt;
        return static_cast<std::int64_t>(number);
    }
    if (value.is_number_integer()) return value.get<std::int64_t>();
    // Some languages write 5 as 5.0. Beyond 2^53 a double no longer knows which whole number it was.
    constexpr double exact_limit = 9007199254740992.0;
    if (!value.is_number_float()) return std::nullopt;
    const auto number = value.get<double>();
    if (std::trunc(number) != number || std::abs(number) > exact_limit) return std::nullopt;
    return static_cast<std::int64_t>(number);
}

// A name as the caller wrote it, cut short where a code point begins.
std::string shortened(const std::string& name) {
    if (name.size() <= longest_echo) return name;
    auto end = longest_echo;
    while (end > 0 && (static_cast<std::uint8_t>(name[end]) & 0xC0U) == 0x80U) --end;
    return name.substr(0, end) + "...";
}

}  // namespace

FieldReader::FieldReader(const Json& object) : object_{object} {
    if (!object_.is_object()) errors_.push_back({"", "must be an object"});
}

const Json* FieldReader::find(std::string_view name) {
    if (known_.find(name) == known_.end()) known_.emplace(name);
    if (!object_.is_object()) return nullptr;
    const auto& members = object_.get_ref<const Json::object_t&>();
    const auto member = members.find(name);
    return member == members.end() || member->second.is_null() ? nullptr : &member->second;
}

std::string FieldReader::required_text(std::string_view name, Text bounds) {
    if (find(name) == nullptr) {
        fail(name, "is required");
        return {};
    }
    return text(name, bounds).value_or(std::string{});
}

std::optional<std::string> FieldReader::text(std::string_view name, Text bounds) {
    const auto* given = find(name);
    if (given == nullptr) return std::nullopt;
    auto wrong =
        given->is_string() ? complaint(given->get_ref<const std::string&>(), bounds) : expected_text(bounds);
    if (!wrong) return given->get<std::string>();
    fail(name, std::move(*wrong));
    return std::nullopt;
}

std::optional<std::int64_t> FieldReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto* given = find(name);
    if (given == nullptr) return std::nullopt;
    const auto number = whole_number(*given);
    if (number && *number >= min && *number <= max) return number;
    fail(name, expected_integer(min, max));
    return std::nullopt;
}

std::optional<bool> FieldReader::boolean(std::string_view name) {
    const auto* given = find(name);
    if (given == nullptr) return std::nullopt;
    if (given->is_boolean()) return given->get<bool>();
    fail(name, "must be true or false");
    return std::nullopt;
}

std::optional<std::string> FieldReader::choice(std::string_view name,
                                               const std::vector<std::string_view>& options) {
    const auto* given = find(name);
    if (given == nullptr) return std::nullopt;
    if (given->is_string())
        for (const auto option : options)
            if (given->get_ref<const std::string&>() == option) return std::string{option};
    fail(name, expected_choice(options));
    return std::nullopt;
}

const Json* FieldReader::value(std::string_view name) {
    return find(name);
}

void FieldReader::fail(std::string_view name, std::string message) {
    // Of a value that is no object, that is all there is to say.
    if (object_.is_object()) errors_.push_back({std::string{name}, std::move(message)});
}

std::optional<Error> FieldReader::finish() {
    if (!object_.is_object()) return Error{Failure::invalid, "must be an object", std::move(errors_)};
    const std::vector<std::string_view> known(known_.begin(), known_.end());
    std::size_t unknown = 0;
    for (const auto& [name, ignored] : object_.get_ref<const Json::object_t&>()) {
        if (known_.contains(name)) continue;
        if (++unknown > most_unknown_fields) break;
        const auto meant = nearest_name(name, known);
        fail(shortened(name), meant.empty() ? std::string{"unknown field"}
                                            : "unknown field, did you mean \"" + std::string{meant} + "\"?");
    }
    if (errors_.empty()) return std::nullopt;
    auto detail = errors_.size() == 1 ? std::string{"one field is not as expected"}
                                      : std::to_string(errors_.size()) + " fields are not as expected";
    return Error{Failure::invalid, std::move(detail), std::move(errors_)};
}

}  // namespace carillon
