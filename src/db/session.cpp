#include "db/session.hpp"

namespace carillon::db {

namespace {

// Quoted always: an unquoted NULL, an empty text, a brace or a comma would mean something else.
void append_element(std::string& out, std::string_view value) {
    out += '"';
    for (const char c : value) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

template <class Values, class Append>
std::string array_literal(const Values& values, std::size_t size_hint, Append append) {
    std::string out;
    out.reserve(2 + values.size() * size_hint);
    out += '{';
    for (const auto& value : values) {
        if (out.size() > 1) out += ',';
        append(out, value);
    }
    out += '}';
    return out;
}

}  // namespace

pqxx::result Session::exec_text(std::string_view sql) {
    return watch([this, sql] { return transaction_.exec(std::string{sql}); });
}

void Session::prepare(const Statement& statement) {
    if (prepared_.contains(std::string_view{statement.name})) return;
    connection_.prepare(statement.name, statement.text);
    // Now and not with the first execution, so that a connection found dead here is known to have done
    // nothing.
    connection_.prepare_now(statement.name);
    prepared_.emplace(statement.name);
}

std::string array_of(const std::vector<std::string>& values) {
    return array_literal(values, 16,
                         [](std::string& out, const std::string& value) { append_element(out, value); });
}

std::string array_of(const std::vector<std::optional<std::string>>& values) {
    return array_literal(values, 16, [](std::string& out, const std::optional<std::string>& value) {
        if (value) {
            append_element(out, *value);
        } else {
            out += "NULL";
        }
    });
}

std::string array_of(const std::vector<std::int64_t>& values) {
    return array_literal(values, 8,
                         [](std::string& out, std::int64_t value) { out += std::to_string(value); });
}

}  // namespace carillon::db
