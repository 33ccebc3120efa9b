#pragma once
// Rows into values.
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>

#include "business/users/user.hpp"

namespace carillon::business::users {

[[nodiscard]] inline std::optional<std::string> optional_text(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional{field.as<std::string>()};
}

// Of a column read as microseconds since 1970: exact, and nothing to parse.
[[nodiscard]] inline Time time_of(const pqxx::field& field) {
    return Time{std::chrono::microseconds{field.as<std::int64_t>()}};
}

// Of a row with every column of a user.
[[nodiscard]] User user_of(const pqxx::row& row);

}  // namespace carillon::business::users
