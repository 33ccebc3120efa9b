#pragma once
// What a schema consists of, as far as migrations make it: types, sequences, tables, columns, functions,
// constraints, indexes, triggers. Partitions are left out: they come and go by the calendar.
#include <map>
#include <pqxx/pqxx>
#include <string>
#include <tuple>

namespace carillon::db {

struct ObjectKey {
    int rank = 0;       // order in which missing ones can be made: types before tables before indexes
    std::string kind;   // "index"
    std::string table;  // empty for what belongs to none
    std::string name;

    auto operator<=>(const ObjectKey&) const = default;
};

struct Object {
    std::string definition;  // equal definitions are the same object
    std::string create;
    std::string drop;
};

struct Column {
    std::string type;
    std::string value;  // DEFAULT …, GENERATED …, or nothing
    bool not_null = false;

    bool operator==(const Column&) const = default;
};

using ColumnKey = std::tuple<std::string, std::string>;  // table, column

struct Catalogue {
    std::map<ObjectKey, Object> objects;
    std::map<ColumnKey, Column> columns;
};

// Names are written as they look from inside the schema, so that two schemas can be compared. Leaves the
// search path of the transaction at the schema.
[[nodiscard]] Catalogue read_catalogue(pqxx::transaction_base& transaction, const std::string& schema);

}  // namespace carillon::db
