#pragma once
// Each place a value can come from, as a list of what it gives. load() lays them over each other.
#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/schema.hpp"

namespace carillon::config {

struct Given {
    const Key* key = nullptr;
    Json value;
    std::string origin;  // for check-config: "config/carillon.toml:12"
    std::string place;   // for a mistake: "config/carillon.toml:12:3"
};

struct Layer {
    std::vector<Given> values;
    std::vector<FieldError> mistakes;
};

[[nodiscard]] Layer file_layer(const Sources& sources);
[[nodiscard]] Layer dotenv_layer(const Sources& sources);
[[nodiscard]] Layer environment_layer(const Sources& sources);

}  // namespace carillon::config
