#pragma once
// What a job sees of its connection: prepared statements by name, and nothing of transactions.
#include <cstdint>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::db {

// SQL with a name, which stands in logs and in pg_stat_statements. Stands at the top of the file that uses it.
struct Statement {
    const char* name;
    const char* text;
};

class Session {
public:
    Session(pqxx::connection_base& connection, pqxx::transaction_base& transaction, std::set<std::string>& prepared)
        : connection_{connection}, transaction_{transaction}, prepared_{prepared} {}

    // Prepared on this connection the first time it is used.
    template <class... Arguments>
    pqxx::result exec(const Statement& statement, Arguments&&... arguments) {
        prepare(statement);
        return transaction_.exec_prepared(statement.name, std::forward<Arguments>(arguments)...);
    }
    // Text without parameters (several statements too): migrations, SET LOCAL.
    pqxx::result exec_text(std::string_view sql);

private:
    void prepare(const Statement& statement);
    pqxx::connection_base& connection_;
    pqxx::transaction_base& transaction_;
    std::set<std::string>& prepared_;
};

// PostgreSQL array literals for `unnest($1::text[], …)`; a missing value becomes NULL.
[[nodiscard]] std::string array_of(const std::vector<std::string>& values);
[[nodiscard]] std::string array_of(const std::vector<std::optional<std::string>>& values);
[[nodiscard]] std::string array_of(const std::vector<std::int64_t>& values);

}  // namespace carillon::db
