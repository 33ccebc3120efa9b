#include "sandbox/proto_shape.hpp"

#include <algorithm>
#include <carillon/time.hpp>
#include <charconv>
#include <utility>

namespace carillon::sandbox {
namespace {

// What it is held against at one place, and what was found wrong there first.
class Reader {
public:
    std::optional<ShapeError> error;

    Json object(const Json& value, std::span<const Field> fields, const std::string& path) {
        auto out = Json::object();
        if (!value.is_object()) return wrong(value, "message", path), out;
        for (const auto& [name, member] : value.items()) {
            const auto* field = named(name, fields);
            if (!field) return unknown(name, path), out;
            const auto place =
                path.empty() ? std::string{field->name} : path + "." + std::string{field->name};
            if (out.contains(field->name)) return repeated(place), out;
            if (!member.is_null()) out[std::string{field->name}] = checked(member, *field, place);
            if (error) return out;
        }
        return out;
    }

private:
    static std::string snake(std::string_view name) {
        std::string out;
        for (const char c : name) {
            if (c >= 'A' && c <= 'Z')
                out.append(1, '_').append(1, static_cast<char>(c + 32));
            else
                out += c;
        }
        return out;
    }

    static const Field* named(std::string_view name, std::span<const Field> fields) {
        const auto wanted = snake(name);
        const auto found = std::find_if(fields.begin(), fields.end(),
                                        [&](const Field& field) { return field.name == wanted; });
        return found == fields.end() ? nullptr : &*found;
    }

    void wrong(const Json& value, std::string_view type, const std::string& path) {
        error = ShapeError{path,
                           "Invalid value at '" + path + "' (" + std::string{type} + "), " + to_text(value)};
    }
    void unknown(const std::string& name, const std::string& path) {
        const auto place = path.empty() ? std::string{} : " at '" + path + "'";
        error = ShapeError{path, "Invalid JSON payload received. Unknown name \"" + name + "\"" + place +
                                     ": Cannot find field."};
    }
    void repeated(const std::string& path) {
        error = ShapeError{path, "Invalid value at '" + path + "' (oneof), oneof field is already set."};
    }

    Json checked(const Json& value, const Field& field, const std::string& path) {
        switch (field.kind) {
            case Kind::text: return expect(value.is_string(), value, "TYPE_STRING", path);
            case Kind::text_map: return text_map(value, path);
            case Kind::texts: return list(value, Kind::text, path);
            case Kind::flag: return expect(value.is_boolean(), value, "TYPE_BOOL", path);
            case Kind::whole: return expect(is_whole(value), value, "TYPE_INT32", path);
            case Kind::decimal: return expect(value.is_number(), value, "TYPE_FLOAT", path);
            case Kind::duration:
                return expect(value.is_string() && duration_seconds(value.get_ref<const std::string&>()),
                              value, "type.googleapis.com/google.protobuf.Duration", path);
            case Kind::durations: return list(value, Kind::duration, path);
            case Kind::timestamp:
                return expect(value.is_string() && parse_rfc3339(value.get_ref<const std::string&>()), value,
                              "type.googleapis.com/google.protobuf.Timestamp", path);
            case Kind::word: return expect(is_word(value, field.words), value, "TYPE_ENUM", path);
            case Kind::any:
                return expect(value.is_object(), value, "type.googleapis.com/google.protobuf.Struct", path);
            case Kind::object: return object(value, field.fields, path);
        }
        return value;
    }

    Json expect(bool fits, const Json& value, std::string_view type, const std::string& path) {
        if (!fits) wrong(value, type, path);
        return value;
    }

    // Proto3 takes whole numbers as text too.
    static bool is_whole(const Json& value) {
        if (!value.is_string()) return value.is_number_integer();
        const auto& text = value.get_ref<const std::string&>();
        int number = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
        return failed == std::errc{} && end == text.data() + text.size();
    }

    static bool is_word(const Json& value, std::string_view words) {
        if (!value.is_string()) return false;
        const auto& word = value.get_ref<const std::string&>();
        const auto padded = " " + std::string{words} + " ";
        return !word.empty() && word.find(' ') == word.npos && padded.find(" " + word + " ") != padded.npos;
    }

    Json text_map(const Json& value, const std::string& path) {
        if (!value.is_object()) return expect(false, value, "map", path);
        std::size_t at = 0;
        for (const auto& [name, member] : value.items()) {
            if (!member.is_string()) {
                wrong(member, "TYPE_STRING", path + "[" + std::to_string(at) + "].value");
                return value;
            }
            ++at;
        }
        return value;
    }

    Json list(const Json& value, Kind kind, const std::string& path) {
        if (!value.is_array()) return expect(false, value, "list", path);
        const Field entry{"", kind};
        for (std::size_t i = 0; i < value.size() && !error; ++i)
            checked(value[i], entry, path + "[" + std::to_string(i) + "]");
        return value;
    }
};

}  // namespace

std::variant<Json, ShapeError> in_shape(const Json& value, std::span<const Field> fields,
                                        const std::string& path) {
    Reader reader;
    auto shaped = reader.object(value, fields, path);
    if (reader.error) return std::move(*reader.error);
    return shaped;
}

std::optional<double> duration_seconds(std::string_view text) {
    constexpr std::size_t fraction_digits = 9;
    if (text.size() < 2 || text.back() != 's') return std::nullopt;
    text.remove_suffix(1);
    const bool negative = text.front() == '-';
    if (negative) text.remove_prefix(1);
    const auto dot = text.find('.');
    const auto is_digits = [](std::string_view part) {
        return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    };
    if (!is_digits(text.substr(0, dot))) return std::nullopt;
    if (dot != text.npos && (!is_digits(text.substr(dot + 1)) || text.size() - dot - 1 > fraction_digits))
        return std::nullopt;
    double seconds = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return negative ? -seconds : seconds;
}

}  // namespace carillon::sandbox
