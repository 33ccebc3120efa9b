#pragma once
#include <span>
#include <string_view>

namespace carillon {

// The known name a person most likely meant, for "did you mean"; empty when none is close.
[[nodiscard]] std::string_view nearest_name(std::string_view word, std::span<const std::string_view> known);

}  // namespace carillon
