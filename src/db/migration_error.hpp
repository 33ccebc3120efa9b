#pragma once
// A failed migration as a sentence that names the file, the line and PostgreSQL's own words.
#include <pqxx/pqxx>

#include "db/migrations.hpp"

namespace carillon::db {

// Without a position in the message (a duplicate key has none) the file is run once more, statement by
// statement, in a transaction that is rolled back, to find the line. No transaction may be open.
[[nodiscard]] Error describe_failure(pqxx::connection_base& connection, const Migration& migration,
                                     const pqxx::failure& error);

}  // namespace carillon::db
