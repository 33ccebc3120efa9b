#pragma once
// Rows on their way into `unnest($1::text[], $2::bigint[], …)`, a column at a time.
#include <carillon/time.hpp>
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>
#include <vector>

#include "db/session.hpp"

namespace carillon::notify {

class TextColumn {
public:
    void add(std::string_view value) { values_.emplace_back(std::string{value}); }
    void add_or_null(std::string_view value) {
        if (value.empty())
            values_.emplace_back(std::nullopt);
        else
            add(value);
    }
    void add(bool value) { add(std::string_view{value ? "t" : "f"}); }
    void add(Time value) { add(std::string_view{to_rfc3339(value)}); }
    void add(const std::optional<Time>& value) {
        if (value)
            add(*value);
        else
            values_.emplace_back(std::nullopt);
    }
    void add_null() { values_.emplace_back(std::nullopt); }
    [[nodiscard]] std::string array() const { return db::array_of(values_); }

private:
    std::vector<std::optional<std::string>> values_;
};

class NumberColumn {
public:
    void add(std::int64_t value) { values_.push_back(value); }
    [[nodiscard]] std::string array() const { return db::array_of(values_); }

private:
    std::vector<std::int64_t> values_;
};

// Of a column read as microseconds since 1970.
[[nodiscard]] inline Time time_of(const pqxx::field& field) {
    return Time{std::chrono::microseconds{field.as<std::int64_t>()}};
}
[[nodiscard]] inline std::optional<Time> optional_time(const pqxx::field& field) {
    return field.is_null() ? std::nullopt : std::optional{time_of(field)};
}
[[nodiscard]] inline std::string text_or_empty(const pqxx::field& field) {
    return field.is_null() ? std::string{} : std::string{field.c_str(), field.size()};
}

}  // namespace carillon::notify
