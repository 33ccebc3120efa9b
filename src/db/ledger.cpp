#include "db/ledger.hpp"

namespace carillon::db {

namespace {

// "carillon" in ASCII: no other user of advisory locks will hit it by chance.
constexpr auto lock_key = "7161130679611977582";

// A name is made of the file's, so it holds nothing that needs more than doubled quotes.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) out += c == '\'' ? "''" : std::string{c};
    return out + "'";
}

}  // namespace

std::string_view ledger_table_sql() noexcept {
    return R"sql(CREATE TABLE IF NOT EXISTS schema_migrations (
    version    integer     PRIMARY KEY,
    name       text        NOT NULL,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    applied_by text        NOT NULL DEFAULT current_user,
    took_ms    integer
);
)sql";
}

Ledger read_ledger(pqxx::transaction_base& transaction) {
    Ledger ledger;
    if (transaction.exec1("SELECT to_regclass('schema_migrations') IS NULL")[0].as<bool>()) return ledger;
    const auto rows = transaction.exec(R"sql(
        SELECT version, name, checksum, (extract(epoch FROM applied_at) * 1000000)::bigint AS applied_at
          FROM schema_migrations
         ORDER BY version)sql");
    for (const auto& row : rows) {
        const Time applied_at{std::chrono::microseconds{row["applied_at"].as<std::int64_t>()}};
        ledger.emplace(row["version"].as<int>(),
                       AppliedMigration{row["name"].c_str(), row["checksum"].c_str(), applied_at});
    }
    return ledger;
}

std::string begin_row_sql(const Migration& migration) {
    return "INSERT INTO schema_migrations (version, name, checksum) VALUES (" +
           std::to_string(migration.version) + ", " + quoted(migration.name) + ", " +
           quoted(migration.checksum) + ");\n";
}

std::string end_row_sql(const Migration& migration) {
    return "UPDATE schema_migrations SET took_ms = extract(epoch FROM clock_timestamp() - now()) * 1000 "
           "WHERE version = " +
           std::to_string(migration.version) + ";\n";
}

std::string lock_sql() {
    return std::string{"SELECT pg_advisory_lock("} + lock_key + ");\n";
}

std::string unlock_sql() {
    return std::string{"SELECT pg_advisory_unlock("} + lock_key + ");\n";
}

}  // namespace carillon::db
