#pragma once
// Whether the values fit together.
#include <carillon/error.hpp>
#include <functional>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace carillon::config {

struct Conflict {
    std::vector<std::string> keys;  // those it is about, the one to mend first
    std::string message;
};

[[nodiscard]] std::vector<Conflict> conflicts_in(const Config& config);

}  // namespace carillon::config
