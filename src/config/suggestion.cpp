#include "config/suggestion.hpp"

#include "core/nearest.hpp"

namespace carillon::config {

std::string suggestion(std::string_view name, const std::vector<std::string>& known) {
    const std::vector<std::string_view> views{known.begin(), known.end()};
    const auto meant = nearest_name(name, views);
    return meant.empty() ? std::string{} : " (did you mean " + std::string{meant} + "?)";
}

}  // namespace carillon::config
