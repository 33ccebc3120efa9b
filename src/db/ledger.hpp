#pragma once
// schema_migrations: which migrations a database has had.
#include <map>
#include <pqxx/pqxx>

#include "db/migrations.hpp"

namespace carillon::db {

struct AppliedMigration {
    std::string name;
    std::string checksum;
    Time applied_at;
};
using Ledger = std::map<int, AppliedMigration>;

// Makes the table where it is missing. The text is what --print-sql shows, too.
[[nodiscard]] std::string_view ledger_table_sql() noexcept;
// Empty when there is no table yet.
[[nodiscard]] Ledger read_ledger(pqxx::transaction_base& transaction);

// The row goes in before the work and in the same transaction, so that of two who migrate at once the second
// fails at once instead of half-way.
[[nodiscard]] std::string begin_row_sql(const Migration& migration);
[[nodiscard]] std::string end_row_sql(const Migration& migration);

// One server migrates at a time, per database.
[[nodiscard]] std::string lock_sql();
[[nodiscard]] std::string unlock_sql();

}  // namespace carillon::db
