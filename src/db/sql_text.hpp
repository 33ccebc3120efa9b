#pragma once
// Just enough of SQL's lexical rules to find where each statement of a file begins.
#include <string_view>
#include <vector>

namespace carillon::db {

struct SqlStatement {
    std::string_view text;
    int line = 1;  // of its first word
};

// Knows quotes, dollar quotes and comments. Not knowing BEGIN ATOMIC it may cut a function body in pieces:
// good enough to point at a line, not to decide what is run.
[[nodiscard]] std::vector<SqlStatement> split_statements(std::string_view sql);

}  // namespace carillon::db
