#pragma once
// Files into migrations.
#include <embedded/migrations.hpp>
#include <span>
#include <string>
#include <vector>

#include "db/migrations.hpp"

namespace carillon::db {

// Throws std::logic_error unless the files are named NNNN_name.sql and numbered 1, 2, 3, …
[[nodiscard]] std::vector<Migration> number_migrations(std::span<const embedded::File> files);

// "0002_devices.sql", as people know it.
[[nodiscard]] std::string file_name(const Migration& migration);

}  // namespace carillon::db
