#pragma once
// Two catalogues side by side. Pure.
#include <vector>

#include "db/catalogue.hpp"
#include "db/migrations.hpp"

namespace carillon::db {

// In an order in which the mending statements can be run one after the other.
[[nodiscard]] std::vector<SchemaDifference> differences(const Catalogue& wanted, const Catalogue& live);

}  // namespace carillon::db
