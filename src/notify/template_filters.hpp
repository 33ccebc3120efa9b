#pragma once
// What a template can do to a value: one table, pure functions.
#include <carillon/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace carillon::notify {

struct FilterInput {
    const Json& value;
    std::span<const Json* const> arguments;  // as many as the filter's row allows
    std::string_view language;
    const Json* currency;      // the context's, for the filters of money; none: INR
    std::size_t output_bytes;  // the longest text that can be of use
};

struct Filter {
    std::string_view name;
    std::size_t least_arguments;
    std::size_t most_arguments;
    // Errors say what was expected, and leave it to the caller to say where.
    Result<Json> (*apply)(const FilterInput& input);
    // What is wrong with an argument that stands in the source as a literal: an error at once, and not at the
    // first sending. Empty: nothing.
    std::string (*objection)(const Json& argument);
};

// The default filter is the renderer's own business: it is about there being no value.
inline constexpr std::string_view default_filter = "default";

// None: there is no filter of that name.
[[nodiscard]] const Filter* find_filter(std::string_view name) noexcept;
[[nodiscard]] std::span<const std::string_view> filter_names() noexcept;

}  // namespace carillon::notify
