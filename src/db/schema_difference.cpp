#include "db/schema_difference.hpp"

namespace carillon::db {

namespace {

std::string ident(const std::string& name) {
    std::string out = "\"";
    for (const char c : name) out += c == '"' ? "\"\"" : std::string{c};
    return out + '"';
}

std::string title(const ObjectKey& key) {
    return key.kind + " " + key.name + (key.table.empty() ? "" : " on " + key.table);
}

bool has_table(const Catalogue& catalogue, const std::string& name) {
    return catalogue.objects.contains(ObjectKey{3, "table", "", name});
}

class Comparison {
public:
    Comparison(const Catalogue& wanted, const Catalogue& live) : wanted_{wanted}, live_{live} {}

    std::vector<SchemaDifference> run() {
        objects_up_to(3);
        columns();
        objects_after(3);
        extras();
        return std::move(found_);
    }

private:
    void add(std::string what, std::string mend) { found_.push_back({std::move(what), std::move(mend)}); }

    void objects_up_to(int rank) {
        for (const auto& [key, object] : wanted_.objects) {
            if (key.rank <= rank) compare(key, object);
        }
    }
    void objects_after(int rank) {
        for (const auto& [key, object] : wanted_.objects) {
            if (key.rank > rank) compare(key, object);
        }
    }

    void compare(const ObjectKey& key, const Object& wanted) {
        const auto live = live_.objects.find(key);
        if (live == live_.objects.end()) {
            add(title(key) + " is missing", wanted.create + ";");
        } else if (live->second.definition != wanted.definition) {
            add(title(key) + " differs", replacement(key, wanted));
        }
    }

    static std::string replacement(const ObjectKey& key, const Object& wanted) {
        if (key.kind == "function") return wanted.create + ";";  // CREATE OR REPLACE
        if (key.kind == "table" || key.kind == "type") {
            return "-- cannot be changed in place; it should be: " + wanted.create + ";";
        }
        return wanted.drop + "; " + wanted.create + ";";
    }

    // The columns of a missing table come with the table.
    void columns() {
        for (const auto& [key, wanted] : wanted_.columns) {
            const auto& [table, name] = key;
            if (!has_table(live_, table)) continue;
            const auto live = live_.columns.find(key);
            if (live == live_.columns.end()) {
                add("column " + table + "." + name + " is missing",
                    alter(table) + "ADD COLUMN " + ident(name) + " " + wanted.type +
                        (wanted.value.empty() ? "" : " " + wanted.value) +
                        (wanted.not_null ? " NOT NULL" : "") + ";");
            } else {
                column(table, name, wanted, live->second);
            }
        }
    }

    void column(const std::string& table, const std::string& name, const Column& wanted, const Column& live) {
        const auto title = "column " + table + "." + name;
        const auto change = alter(table) + "ALTER COLUMN " + ident(name) + " ";
        if (wanted.type != live.type) {
            const auto bare = wanted.type.substr(0, wanted.type.find(" COLLATE "));
            add(title + " is " + live.type + ", not " + wanted.type,
                change + "TYPE " + wanted.type + " USING " + ident(name) + "::" + bare + ";");
        }
        if (wanted.value != live.value) {
            const auto mend = change + (wanted.value.empty() ? "DROP DEFAULT" : "SET " + wanted.value) + ";";
            const bool plain = wanted.value.find("GENERATED") != 0 && live.value.find("GENERATED") != 0;
            add(title + " has " + (live.value.empty() ? "no default" : live.value) + ", not " +
                    (wanted.value.empty() ? "no default" : wanted.value),
                plain ? mend : "-- cannot be changed in place; it should be: " + wanted.value);
        }
        if (wanted.not_null != live.not_null) {
            add(title + (wanted.not_null ? " allows NULL" : " does not allow NULL"),
                change + (wanted.not_null ? "SET" : "DROP") + " NOT NULL;");
        }
    }

    // Somebody made them, perhaps for a reason: never dropped by following our advice.
    void extras() {
        for (const auto& [key, object] : live_.objects) {
            if (wanted_.objects.contains(key)) continue;
            if (!key.table.empty() && !has_table(wanted_, key.table)) continue;
            add(title(key) + " is in no migration", "-- not ours: " + object.drop + ";");
        }
        for (const auto& [key, column] : live_.columns) {
            const auto& [table, name] = key;
            if (wanted_.columns.contains(key) || !has_table(wanted_, table)) continue;
            add("column " + table + "." + name + " is in no migration",
                "-- not ours: " + alter(table) + "DROP COLUMN " + ident(name) + ";");
        }
    }

    static std::string alter(const std::string& table) { return "ALTER TABLE " + ident(table) + " "; }

    const Catalogue& wanted_;
    const Catalogue& live_;
    std::vector<SchemaDifference> found_;
};

}  // namespace

std::vector<SchemaDifference> differences(const Catalogue& wanted, const Catalogue& live) {
    return Comparison{wanted, live}.run();
}

}  // namespace carillon::db
