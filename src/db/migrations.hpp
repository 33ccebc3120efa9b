#pragma once
// Numbered SQL files (migrations/0001_name.sql), embedded at build time; each runs once, in one transaction,
// together with its row in schema_migrations. All of this blocks: it is for the command line and for a pool
// thread at start.
#include <carillon/time.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::db {

struct Migration {
    int version = 0;
    std::string name;  // "users"
    std::string_view sql;
    std::string checksum;  // SHA-256 of the text, hex
};

// Those in the binary, in order. Throws std::logic_error on a gap or a number used twice.
[[nodiscard]] std::vector<Migration> known_migrations();

struct MigrationStep {
    int version;
    std::string name;
    std::chrono::milliseconds took;
};

struct MigrateOptions {
    std::optional<int> up_to;
    std::chrono::milliseconds lock_wait{60'000};  // for another server that migrates right now
    std::function<void(const MigrationStep&)> on_step = [](const MigrationStep&) {};
};

// Brings the schema up; what was done, in order (empty: nothing to do). Refused as values: a schema newer
// than this binary (Failure::conflict, code "schema_newer"), an applied migration whose text has changed
// ("migration_edited"), an up_to that no migration has or that lies below what is applied, another server
// that migrates for longer than lock_wait ("migration_locked"). A statement that fails is Failure::invalid
// with the migration's name, line and PostgreSQL's message. Throws Unavailable when the database is away.
[[nodiscard]] Result<std::vector<MigrationStep>> migrate(const std::string& url,
                                                         const std::vector<Migration>& known,
                                                         const MigrateOptions& options);

// The SQL that migrate() would run, ready for psql, its bookkeeping included.
[[nodiscard]] Result<std::string> pending_sql(const std::string& url, const std::vector<Migration>& known,
                                              std::optional<int> up_to);

struct MigrationState {
    int version;
    std::string name;
    enum class Kind { applied, pending, edited, unknown_here } kind;  // unknown_here: a newer binary's
    std::optional<Time> applied_at;
};
[[nodiscard]] std::vector<MigrationState> verify_migrations(const std::string& url,
                                                            const std::vector<Migration>& known);

// Where the live schema differs from what the migrations make of an empty one: they are run into a scratch
// schema in a transaction that is rolled back, and the catalogues are compared. Only the migrations that were
// applied are the measure: what is pending is work for migrate(), not a difference. Failure::forbidden when
// the user may not create a schema.
struct SchemaDifference {
    std::string what;  // "index users_phone_key is missing"
    std::string mend;  // the statement that mends it
};
[[nodiscard]] Result<std::vector<SchemaDifference>> compare_schema(const std::string& url,
                                                                   const std::vector<Migration>& known);

}  // namespace carillon::db
