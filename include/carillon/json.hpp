#pragma once
// JSON at the edge: strict in, compact out.
#include <carillon/error.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace carillon {

using Json = nlohmann::json;

inline constexpr std::size_t json_depth_limit = 64;

// Refuses, with the byte offset: anything but one value, more than 64 levels, a repeated key, invalid UTF-8,
// a NUL inside a text, a number that no double holds.
[[nodiscard]] Result<Json> parse_json(std::string_view text);

// Compact, UTF-8 kept as it is.
[[nodiscard]] std::string to_text(const Json& value);

// Appends the text as a JSON string, quotes included.
void append_quoted(std::string& out, std::string_view text);

// Reads an object field by field and gathers everything that is wrong with it, so that a caller is told all
// at once. Unknown fields are reported by finish(), because a misspelt name is a lost value.
class FieldReader {
public:
    explicit FieldReader(const Json& object);

    struct Text {
        std::size_t min = 1;
        std::size_t max = 200;  // in Unicode code points
    };
    // An absent field and an explicit null are the same: nothing was given.
    std::string required_text(std::string_view name, Text bounds = {1, 200});
    std::optional<std::string> text(std::string_view name, Text bounds = {1, 200});
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<bool> boolean(std::string_view name);
    // One of a closed list.
    std::optional<std::string> choice(std::string_view name, const std::vector<std::string_view>& options);
    // Any value, for the caller to look into.
    const Json* value(std::string_view name);

    void fail(std::string_view name, std::string message);
    [[nodiscard]] bool ok() const noexcept { return errors_.empty(); }
    // All that was wrong as one Error, or nothing. Call it last.
    [[nodiscard]] std::optional<Error> finish();

private:
    const Json* find(std::string_view name);
    const Json& object_;
    std::set<std::string, std::less<>> known_;
    std::vector<FieldError> errors_;
};

}  // namespace carillon
