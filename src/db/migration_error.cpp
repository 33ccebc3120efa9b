#include "db/migration_error.hpp"

#include <charconv>
#include <optional>
#include <sstream>

#include "db/migration_list.hpp"
#include "db/sql_text.hpp"

namespace carillon::db {

namespace {

// "LINE 7: ALTER TABLE …" counts from the start of what was sent, which is the file, except when the
// statement stands inside a function: then a QUERY follows and the count is its own.
std::optional<int> line_in(std::string_view message) {
    constexpr std::string_view mark = "\nLINE ";
    const auto at = message.find(mark);
    if (at == message.npos || message.find("\nQUERY:") != message.npos) return std::nullopt;
    int line = 0;
    const auto* begin = message.data() + at + mark.size();
    const auto result = std::from_chars(begin, message.data() + message.size(), line);
    return result.ec == std::errc{} ? std::optional{line} : std::nullopt;
}

// The first line says what; DETAIL and HINT help; the quoted source and its caret do not.
std::string words_of(const std::string& message) {
    std::istringstream lines{message};
    std::string words;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("ERROR:  ")) line.erase(0, 8);
        const bool helpful = words.empty() || line.starts_with("DETAIL:") || line.starts_with("HINT:");
        if (!helpful) continue;
        if (!words.empty()) words += "; ";
        words += line;
    }
    return words;
}

std::optional<int> find_line(pqxx::connection_base& connection, const Migration& migration,
                             const std::string& message) {
    int line = 0;
    try {
        pqxx::work transaction{connection};
        for (const auto& statement : split_statements(migration.sql)) {
            line = statement.line;
            transaction.exec(std::string{statement.text});
        }
    } catch (const pqxx::failure& again) {
        if (words_of(again.what()) == words_of(message)) return line;
    }
    return std::nullopt;
}

}  // namespace

Error describe_failure(pqxx::connection_base& connection, const Migration& migration,
                       const pqxx::failure& error) {
    const std::string message = error.what();
    auto line = line_in(message);
    if (!line) line = find_line(connection, migration, message);
    auto text = "migration " + file_name(migration);
    if (line) text += ", line " + std::to_string(*line);
    return Error{Failure::invalid, "migration_failed", text + ": " + words_of(message)};
}

}  // namespace carillon::db
