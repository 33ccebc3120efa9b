#include "db/migrations.hpp"

#include <algorithm>

#include "db/connect.hpp"
#include "db/fault.hpp"
#include "db/ledger.hpp"
#include "db/migration_error.hpp"
#include "db/migration_list.hpp"

namespace carillon::db {

namespace {

using Connection = std::unique_ptr<pqxx::connection>;
using Pending = std::vector<const Migration*>;

Connection connect(const std::string& url) {
    const ConnectOptions options{.application_name = "carillon migrate"};
    return Target{url, options}.open();
}

// A broken connection is the same surprise everywhere; the reason is safe to show to the operator.
template <class Step>
auto unless_away(const Step& step) {
    try {
        return step();
    } catch (const pqxx::broken_connection& error) {
        throw Unavailable{"database_unavailable", std::string{"the database is away: "} + error.what()};
    } catch (const pqxx::sql_error& error) {
        // Thrown out, or refused while it restarts: libpqxx tells that from other errors by the code alone.
        if (classify(std::current_exception(), true) != Fault::broken) throw;
        throw Unavailable{"database_unavailable", std::string{"the database is away: "} + error.what()};
    }
}

const Migration* find(const std::vector<Migration>& known, int version) {
    const auto found = std::find_if(known.begin(), known.end(), [version](const Migration& migration) {
        return migration.version == version;
    });
    return found == known.end() ? nullptr : &*found;
}

std::optional<Error> contradiction(const Ledger& applied, const std::vector<Migration>& known) {
    for (const auto& [version, row] : applied) {
        const auto* migration = find(known, version);
        if (migration == nullptr) {
            return Error{
                Failure::conflict, "schema_newer",
                "the database has migration " + std::to_string(version) + " (" + row.name +
                    "), which this version of the server does not know: it is older than the database"};
        }
        if (migration->checksum != row.checksum) {
            return Error{Failure::conflict, "migration_edited",
                         file_name(*migration) +
                             " was changed after it had been applied; write a new migration "
                             "instead"};
        }
    }
    return std::nullopt;
}

Result<Pending> plan(const Ledger& applied, const std::vector<Migration>& known, std::optional<int> up_to) {
    if (auto error = contradiction(applied, known)) return *std::move(error);
    const int current = applied.empty() ? 0 : applied.rbegin()->first;
    if (up_to && find(known, *up_to) == nullptr) {
        return Error{Failure::invalid, "there is no migration " + std::to_string(*up_to)};
    }
    if (up_to && *up_to < current) {
        return Error{Failure::invalid, "the database is at migration " + std::to_string(current) +
                                           " already, and there is no way back"};
    }
    Pending pending;
    for (const auto& migration : known) {
        if (up_to && migration.version > *up_to) break;
        if (!applied.contains(migration.version)) pending.push_back(&migration);
    }
    return pending;
}

// The lock belongs to the session, so that closing the connection gives it back whatever happens.
std::optional<Error> take_turn(pqxx::connection_base& connection, std::chrono::milliseconds wait) {
    pqxx::nontransaction session{connection};
    try {
        session.exec("SET lock_timeout = " + std::to_string(std::max<std::int64_t>(wait.count(), 1)));
        session.exec(lock_sql());
        session.exec("RESET lock_timeout");
        return std::nullopt;
    } catch (const pqxx::sql_error& error) {
        if (error.sqlstate() != "55P03") throw;
        return Error{Failure::unavailable, "migration_locked",
                     "another server has been migrating for too long"};
    }
}

Result<std::chrono::milliseconds> apply(pqxx::connection_base& connection, const Migration& migration) {
    const auto started = std::chrono::steady_clock::now();
    try {
        pqxx::work transaction{connection};
        transaction.exec(begin_row_sql(migration));
        // Alone in its message, so that PostgreSQL's line numbers are those of the file.
        transaction.exec(std::string{migration.sql});
        transaction.exec(end_row_sql(migration));
        transaction.commit();
    } catch (const pqxx::broken_connection&) {
        throw;
    } catch (const pqxx::in_doubt_error&) {
        throw Unavailable{"outcome_unknown", "the connection broke while " + file_name(migration) +
                                                 " was being committed; run migrate again to see"};
    } catch (const pqxx::failure& error) {
        return describe_failure(connection, migration, error);
    }
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
}

Result<std::vector<MigrationStep>> apply_all(pqxx::connection_base& connection, const Pending& pending,
                                             const MigrateOptions& options) {
    std::vector<MigrationStep> steps;
    for (const auto* migration : pending) {
        auto took = apply(connection, *migration);
        if (!took) return took.error();
        steps.push_back({migration->version, migration->name, *took});
        if (options.on_step) options.on_step(steps.back());
    }
    return steps;
}

Ledger ledger_of(pqxx::connection_base& connection) {
    pqxx::nontransaction session{connection};
    return read_ledger(session);
}

}  // namespace

Result<std::vector<MigrationStep>> migrate(const std::string& url, const std::vector<Migration>& known,
                                           const MigrateOptions& options) {
    return unless_away([&]() -> Result<std::vector<MigrationStep>> {
        const auto connection = connect(url);
        if (auto error = take_turn(*connection, options.lock_wait)) return *std::move(error);
        // Read under the lock: whoever held it before may have done everything.
        const auto pending = plan(ledger_of(*connection), known, options.up_to);
        if (!pending) return pending.error();
        if (pending->empty()) return std::vector<MigrationStep>{};
        pqxx::nontransaction{*connection}.exec(std::string{ledger_table_sql()});
        return apply_all(*connection, *pending, options);
    });
}

Result<std::string> pending_sql(const std::string& url, const std::vector<Migration>& known,
                                std::optional<int> up_to) {
    return unless_away([&]() -> Result<std::string> {
        const auto pending = plan(ledger_of(*connect(url)), known, up_to);
        if (!pending) return pending.error();
        if (pending->empty()) return std::string{};
        auto text = "\\set ON_ERROR_STOP on\n" + lock_sql() + std::string{ledger_table_sql()};
        for (const auto* migration : *pending) {
            text += "\n-- " + file_name(*migration) + "\nBEGIN;\n" + begin_row_sql(*migration);
            text += std::string{migration->sql} + "\n;\n" + end_row_sql(*migration) + "COMMIT;\n";
        }
        return text + "\n" + unlock_sql();
    });
}

std::vector<MigrationState> verify_migrations(const std::string& url, const std::vector<Migration>& known) {
    return unless_away([&] {
        using Kind = MigrationState::Kind;
        auto applied = ledger_of(*connect(url));
        std::vector<MigrationState> states;
        for (const auto& migration : known) {
            const auto row = applied.extract(migration.version);
            if (row.empty()) {
                states.push_back({migration.version, migration.name, Kind::pending, std::nullopt});
                continue;
            }
            const auto kind = row.mapped().checksum == migration.checksum ? Kind::applied : Kind::edited;
            states.push_back({migration.version, migration.name, kind, row.mapped().applied_at});
        }
        for (const auto& [version, row] : applied) {
            states.push_back({version, row.name, Kind::unknown_here, row.applied_at});
        }
        return states;
    });
}

}  // namespace carillon::db
