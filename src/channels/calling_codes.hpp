#pragma once
// Where the country ends and the number begins.
#include <optional>
#include <string_view>

namespace carillon::channels {

struct SplitNumber {
    std::string_view country;   // "91"
    std::string_view national;  // "9876543210"
};

// Of an E.164 number ("+919876543210"; the plus may be missing). Nothing when no country has such a number.
// Both parts are views of the argument.
[[nodiscard]] std::optional<SplitNumber> split_number(std::string_view e164) noexcept;

}  // namespace carillon::channels
