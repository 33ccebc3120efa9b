#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace carillon::config {

// " (did you mean http.body_bytes?)", or nothing when no known name is near.
[[nodiscard]] std::string suggestion(std::string_view name, const std::vector<std::string>& known);

}  // namespace carillon::config
