#include "config/dotenv.hpp"

#include <cctype>
#include <optional>

namespace carillon::config {
namespace {

// Dots and dashes too: the file may serve other programs, whose names are not our business.
bool is_name_letter(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

class Parser {
public:
    explicit Parser(std::string_view text) : text_{text} {
        if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);  // some editors' byte order mark
    }

    Dotenv run() {
        while (at_ < text_.size()) {
            one_line();
            skip_line();
        }
        return std::move(result_);
    }

private:
    void one_line() {
        skip_blanks();
        if (at_end_of_line() || peek() == '#') return;
        const auto line = line_;
        auto name = read_name();
        if (name.empty()) return fail(line, "expected NAME=value");
        skip_blanks();
        if (at_end_of_line() || peek() != '=') return fail(line, "expected '=' after the name");
        ++at_;
        skip_blanks();
        if (auto value = read_value()) {
            if (value->find('\0') != value->npos) return fail(line, "a NUL byte in the value of " + name);
            result_.entries.push_back({std::move(name), std::move(*value), line});
        }
    }

    std::string read_name() {
        auto name = read_word();
        if (name == "export" && at_ < text_.size() && (peek() == ' ' || peek() == '\t')) {
            skip_blanks();
            name = read_word();
        }
        return name;
    }

    std::string read_word() {
        const auto start = at_;
        while (at_ < text_.size() && is_name_letter(peek())) ++at_;
        const auto word = text_.substr(start, at_ - start);
        if (!word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) != 0) return {};
        return std::string{word};
    }

    std::optional<std::string> read_value() {
        if (!at_end_of_line() && (peek() == '"' || peek() == '\'')) return read_quoted(peek());
        std::string value;
        while (!at_end_of_line()) {
            if (peek() == '#' && (value.empty() || is_blank(value.back()))) break;
            value += text_[at_++];
        }
        while (!value.empty() && is_blank(value.back())) value.pop_back();
        return value;
    }

    std::optional<std::string> read_quoted(char quote) {
        const auto opened = line_;
        std::string value;
        for (++at_; at_ < text_.size() && peek() != quote; ++at_) {
            if (peek() == '\n') ++line_;
            if (quote == '"' && peek() == '\\' && at_ + 1 < text_.size()) {
                append_escape(value, text_[++at_]);
            } else {
                value += peek();
            }
        }
        if (at_ == text_.size()) {
            fail(opened, "the quote that opens here is never closed");
            return std::nullopt;
        }
        ++at_;
        skip_blanks();
        if (!at_end_of_line() && peek() != '#') {
            fail(line_, "text after the closing quote");
            return std::nullopt;
        }
        return value;
    }

    void append_escape(std::string& value, char escaped) {
        switch (escaped) {
            case 'n': value += '\n'; return;
            case 'r': value += '\r'; return;
            case 't': value += '\t'; return;
            case '"':
            case '$':
            case '\\': value += escaped; return;
            default: break;
        }
        if (escaped == '\n') ++line_;
        value += '\\';
        value += escaped;
    }

    void fail(std::size_t line, std::string message) {
        result_.problems.push_back({line, std::move(message)});
    }
    void skip_blanks() {
        while (at_ < text_.size() && is_blank(peek())) ++at_;
    }
    void skip_line() {
        while (at_ < text_.size() && peek() != '\n') ++at_;
        if (at_ < text_.size()) ++at_, ++line_;
    }
    [[nodiscard]] bool at_end_of_line() const { return at_ >= text_.size() || peek() == '\n'; }
    [[nodiscard]] char peek() const { return text_[at_]; }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
    Dotenv result_;
};

}  // namespace

Dotenv parse_dotenv(std::string_view text) {
    return Parser{text}.run();
}

}  // namespace carillon::config
