#include "db/sql_text.hpp"

#include <algorithm>
#include <cctype>

namespace carillon::db {

namespace {

bool is_space(char c) {
    return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

class Scanner {
public:
    explicit Scanner(std::string_view sql) : sql_{sql} {}

    [[nodiscard]] bool at_end() const { return at_ >= sql_.size(); }
    [[nodiscard]] std::size_t position() const { return at_; }
    [[nodiscard]] bool at(std::string_view what) const { return sql_.substr(at_).starts_with(what); }

    void skip_space_and_comments() {
        while (!at_end()) {
            if (is_space(sql_[at_])) {
                ++at_;
            } else if (!skip_comment()) {
                return;
            }
        }
    }

    // One character, or one whole quoted or commented stretch.
    void advance() {
        if (skip_comment()) return;
        const char c = sql_[at_];
        if (c == '\'') return skip_quoted('\'', backslash_escapes());
        if (c == '"') return skip_quoted('"', false);
        if (c == '$' && (at_ == 0 || !is_word(sql_[at_ - 1])) && skip_dollar_quoted()) return;
        ++at_;
    }

private:
    bool skip_comment() {
        if (at("--")) {
            at_ = std::min(sql_.find('\n', at_), sql_.size());
            return true;
        }
        if (!at("/*")) return false;
        int depth = 0;
        do {
            const int step = at("/*") ? 1 : at("*/") ? -1 : 0;
            depth += step;
            at_ += step == 0 ? 1 : 2;
        } while (depth > 0 && !at_end());
        return true;
    }

    // E'…' and nothing else reads a backslash as an escape.
    [[nodiscard]] bool backslash_escapes() const {
        if (at_ == 0 || (sql_[at_ - 1] != 'E' && sql_[at_ - 1] != 'e')) return false;
        return at_ == 1 || !is_word(sql_[at_ - 2]);
    }

    // A doubled quote closes and opens again, which comes to the same.
    void skip_quoted(char quote, bool backslashes) {
        for (++at_; !at_end(); ++at_) {
            if (backslashes && sql_[at_] == '\\') {
                ++at_;
            } else if (sql_[at_] == quote) {
                ++at_;
                return;
            }
        }
    }

    bool skip_dollar_quoted() {
        auto end = at_ + 1;
        while (end < sql_.size() && is_word(sql_[end])) ++end;
        if (end >= sql_.size() || sql_[end] != '$') return false;
        const auto tag = sql_.substr(at_, end + 1 - at_);
        const auto close = sql_.find(tag, end + 1);
        at_ = close == sql_.npos ? sql_.size() : close + tag.size();
        return true;
    }

    std::string_view sql_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<SqlStatement> split_statements(std::string_view sql) {
    std::vector<SqlStatement> statements;
    Scanner scanner{sql};
    for (scanner.skip_space_and_comments(); !scanner.at_end(); scanner.skip_space_and_comments()) {
        const auto begin = scanner.position();
        while (!scanner.at_end() && !scanner.at(";")) scanner.advance();
        const auto text = sql.substr(begin, scanner.position() - begin);
        const auto lines = std::count(sql.begin(), sql.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
        if (!text.empty()) statements.push_back({text, static_cast<int>(lines) + 1});
        if (!scanner.at_end()) scanner.advance();  // the semicolon
    }
    return statements;
}

}  // namespace carillon::db
