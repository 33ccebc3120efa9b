#include "db/migration_list.hpp"

#include <carillon/bytes.hpp>
#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace carillon::db {

namespace {

constexpr std::size_t digits = 4;

std::logic_error misnamed(std::string_view name) {
    return std::logic_error{"a migration is named NNNN_name.sql, not " + std::string{name}};
}

Migration from_file(const embedded::File& file) {
    auto name = file.name.substr(file.name.rfind('/') + 1);
    if (name.size() < digits + 6 || name[digits] != '_' || !name.ends_with(".sql")) throw misnamed(name);
    Migration migration;
    const auto [end, error] = std::from_chars(name.data(), name.data() + digits, migration.version);
    if (error != std::errc{} || end != name.data() + digits) throw misnamed(name);
    name.remove_suffix(4);
    migration.name = name.substr(digits + 1);
    migration.sql = file.text;
    migration.checksum = to_hex(sha256(file.text));
    return migration;
}

}  // namespace

std::vector<Migration> number_migrations(std::span<const embedded::File> files) {
    std::vector<Migration> migrations;
    std::transform(files.begin(), files.end(), std::back_inserter(migrations), from_file);
    std::stable_sort(migrations.begin(), migrations.end(),
                     [](const auto& one, const auto& other) { return one.version < other.version; });
    int expected = 1;
    for (const auto& migration : migrations) {
        if (migration.version < expected)
            throw std::logic_error{"number used twice: " + file_name(migration)};
        if (migration.version > expected)
            throw std::logic_error{"a number is missing before " + file_name(migration)};
        ++expected;
    }
    return migrations;
}

std::vector<Migration> known_migrations() {
    return number_migrations(embedded::migrations());
}

std::string file_name(const Migration& migration) {
    auto number = std::to_string(migration.version);
    number.insert(0, digits - std::min(digits, number.size()), '0');
    return number + "_" + migration.name + ".sql";
}

}  // namespace carillon::db
