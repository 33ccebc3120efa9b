#include <algorithm>

#include "db/catalogue.hpp"
#include "db/connect.hpp"
#include "db/ledger.hpp"
#include "db/migration_list.hpp"
#include "db/schema_difference.hpp"

namespace carillon::db {

namespace {

constexpr auto scratch = "carillon_scratch";

// Extensions are shared by the whole database, wherever they live: the scratch run must see them.
constexpr auto extension_path_sql = R"sql(
    SELECT COALESCE(string_agg(DISTINCT ', ' || quote_ident(n.nspname), ''), '')
      FROM pg_extension e
      JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE n.nspname <> 'pg_catalog')sql";

std::optional<Error> make_scratch(pqxx::transaction_base& transaction) {
    const std::string extensions = transaction.exec1(extension_path_sql)[0].c_str();
    try {
        transaction.exec(std::string{"CREATE SCHEMA "} + scratch);
    } catch (const pqxx::insufficient_privilege&) {
        return Error{Failure::forbidden,
                     "the database user may not create a schema, which comparing needs for a "
                     "moment: GRANT CREATE ON DATABASE … TO this user"};
    }
    transaction.exec(std::string{"SET LOCAL search_path TO "} + scratch + extensions);
    return std::nullopt;
}

// A migration that has yet to run is no difference but work to do, so only the applied ones are the measure.
std::vector<const Migration*> applied_ones(pqxx::transaction_base& transaction,
                                           const std::vector<Migration>& known) {
    const auto ledger = read_ledger(transaction);
    std::vector<const Migration*> applied;
    for (const auto& migration : known) {
        if (ledger.contains(migration.version)) applied.push_back(&migration);
    }
    return applied;
}

// Everything happens in one transaction that is never committed.
Result<std::vector<SchemaDifference>> compare(pqxx::connection_base& connection,
                                              const std::vector<Migration>& known) {
    const Migration* running = nullptr;
    try {
        pqxx::work transaction{connection};
        const auto live_schema = transaction.exec1("SELECT current_schema()")[0];
        if (live_schema.is_null()) {
            return Error{Failure::not_found,
                         "the search path of the database user names no schema that exists"};
        }
        const std::string live_name = live_schema.c_str();
        const auto applied = applied_ones(transaction, known);
        if (auto error = make_scratch(transaction)) return *std::move(error);
        if (!applied.empty()) transaction.exec(std::string{ledger_table_sql()});
        for (const auto* migration : applied) {
            running = migration;
            transaction.exec(std::string{migration->sql});
        }
        running = nullptr;
        const auto wanted = read_catalogue(transaction, scratch);
        const auto live = read_catalogue(transaction, live_name);
        return differences(wanted, live);
    } catch (const pqxx::broken_connection&) {
        throw;
    } catch (const pqxx::failure& error) {
        if (running == nullptr) throw;
        return Error{
            Failure::invalid, "migration_failed",
            "migration " + file_name(*running) + " does not run on an empty schema: " + error.what()};
    }
}

}  // namespace

Result<std::vector<SchemaDifference>> compare_schema(const std::string& url,
                                                     const std::vector<Migration>& known) {
    try {
        const auto connection = Target{url, {.application_name = "carillon doctor"}}.open();
        return compare(*connection, known);
    } catch (const pqxx::broken_connection& error) {
        throw Unavailable{"database_unavailable", std::string{"the database is away: "} + error.what()};
    }
}

}  // namespace carillon::db
