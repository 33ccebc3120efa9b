#include "notify/template_lexer.hpp"

#include <algorithm>
#include <array>

#include "core/utf8.hpp"

namespace carillon::notify {
namespace {

constexpr std::string_view white_space = " \t\r\n";
constexpr std::string_view digits = "0123456789";
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
constexpr std::array<std::string_view, 10> symbols{"==", "!=", "<=", ">=", "<", ">", "|", "(", ")", ","};
// Longer ones are no names, and would make every error that quotes one as long.
constexpr std::size_t longest_name = 100;

bool is_one_of(std::string_view set, std::string_view text, std::size_t at) {
    return at < text.size() && set.find(text[at]) != std::string_view::npos;
}

class Lexer {
public:
    explicit Lexer(std::string_view source) : source_{source} {}

    std::vector<Token> run() {
        while (!done()) {
            text();
            if (done()) break;
            if (source_[at_ + 1] == '#')
                comment();
            else
                tag(source_[at_ + 1] == '{');
        }
        push(Token::Kind::end, {});
        return std::move(tokens_);
    }

private:
    [[nodiscard]] bool done() const { return at_ >= source_.size(); }
    [[nodiscard]] std::string_view rest() const { return source_.substr(at_); }

    void push(Token::Kind kind, std::string text) { tokens_.push_back({kind, std::move(text), here_}); }

    // Takes so many bytes, rounded up to whole characters, and keeps the position true.
    void advance(std::size_t bytes) {
        for (const auto end = at_ + bytes; at_ < end;) {
            const auto length = utf8_length(source_, at_);
            if (length == 0) throw SyntaxFault{here_, "this is not UTF-8"};
            if (source_[at_] == '\n')
                here_ = {here_.line + 1, 1};
            else
                ++here_.column;
            at_ += length;
        }
    }
    void skip_white_space() {
        while (is_one_of(white_space, source_, at_)) advance(1);
    }

    [[nodiscard]] std::size_t next_mark() const {
        for (auto found = source_.find('{', at_); found != std::string_view::npos;
             found = source_.find('{', found + 1)) {
            if (is_one_of("{%#", source_, found + 1)) return found;
        }
        return source_.size();
    }

    void text() {
        if (trim_next_) skip_white_space();
        trim_next_ = false;
        const auto mark = next_mark();
        auto piece = source_.substr(at_, mark - at_);
        if (is_one_of("-", source_, mark + 2))
            piece = piece.substr(0, piece.find_last_not_of(white_space) + 1);
        if (!piece.empty()) push(Token::Kind::text, std::string{piece});
        advance(mark - at_);
    }

    void comment() {
        const auto end = source_.find("#}", at_ + 2);
        if (end == std::string_view::npos) throw SyntaxFault{here_, "this {# is never closed"};
        trim_next_ = source_[end - 1] == '-';
        advance(end + 2 - at_);
    }

    void tag(bool prints) {
        const auto opened = here_;
        const std::string_view open = prints ? "{{" : "{%";
        const std::string_view close = prints ? "}}" : "%}";
        push(prints ? Token::Kind::print_open : Token::Kind::tag_open, std::string{open});
        advance(is_one_of("-", source_, at_ + 2) ? 3 : 2);
        for (;;) {
            skip_white_space();
            if (done()) throw SyntaxFault{opened, "this " + std::string{open} + " is never closed"};
            trim_next_ = source_[at_] == '-';
            if (source_.substr(at_ + (trim_next_ ? 1 : 0)).starts_with(close)) break;
            token(open);
        }
        push(prints ? Token::Kind::print_close : Token::Kind::tag_close, std::string{close});
        advance(trim_next_ ? 3 : 2);
    }

    void token(std::string_view open) {
        const bool negative = source_[at_] == '-' && is_one_of(digits, source_, at_ + 1);
        if (is_one_of(letters, source_, at_)) return path();
        if (negative || is_one_of(digits, source_, at_)) return number();
        if (is_one_of("\"'", source_, at_)) return literal();
        for (const auto symbol : symbols) {
            if (!rest().starts_with(symbol)) continue;
            push(Token::Kind::symbol, std::string{symbol});
            return advance(symbol.size());
        }
        unexpected(open);
    }

    [[noreturn]] void unexpected(std::string_view open) {
        for (const auto other : {"}}", "%}"}) {
            if (!rest().starts_with(other)) continue;
            throw SyntaxFault{here_, std::string{open} + " cannot be closed by " + other};
        }
        const auto length = utf8_length(source_, at_);
        if (length == 0) throw SyntaxFault{here_, "this is not UTF-8"};
        throw SyntaxFault{here_, "unexpected " + std::string{source_.substr(at_, length)}};
    }

    // A name and the steps into it, as one token: apart, "0.1" in "a.0.1" would read as a number.
    void path() {
        const auto start = at_;
        const auto began = here_;
        step(letters_and_digits);
        while (is_one_of(".", source_, at_)) {
            advance(1);
            if (is_one_of(letters, source_, at_))
                step(letters_and_digits);
            else if (is_one_of(digits, source_, at_))
                step(digits);
            else
                throw SyntaxFault{here_, "a name or a number must follow the dot"};
        }
        tokens_.push_back({Token::Kind::path, std::string{source_.substr(start, at_ - start)}, began});
    }
    void step(std::string_view of) {
        const auto length = std::min(source_.find_first_not_of(of, at_), source_.size()) - at_;
        if (length > longest_name) throw SyntaxFault{here_, "this name is longer than 100 characters"};
        advance(length);
    }

    void number() {
        auto end = source_.find_first_not_of(digits, at_ + 1);
        if (is_one_of(".", source_, end) && is_one_of(digits, source_, end + 1))
            end = source_.find_first_not_of(digits, end + 1);
        const auto length = std::min(end, source_.size()) - at_;
        // What a double holds exactly, sign and point aside.
        if (length > 15) throw SyntaxFault{here_, "this number has too many digits"};
        push(Token::Kind::number, std::string{source_.substr(at_, length)});
        advance(length);
    }

    void literal() {
        const auto opened = here_;
        const char quote = source_[at_];
        advance(1);
        std::string text;
        while (!done() && source_[at_] != quote) {
            const auto begin = at_;
            if (source_[at_] == '\\') {
                text += escaped();
                continue;
            }
            advance(1);
            text += source_.substr(begin, at_ - begin);
        }
        if (done()) throw SyntaxFault{opened, "this text is never closed"};
        advance(1);
        tokens_.push_back({Token::Kind::literal, std::move(text), opened});
    }
    char escaped() {
        constexpr std::string_view written = "nt\\\"'";
        constexpr std::string_view meant = "\n\t\\\"'";
        const auto which = at_ + 1 < source_.size() ? written.find(source_[at_ + 1]) : std::string_view::npos;
        if (which == std::string_view::npos)
            throw SyntaxFault{here_, R"(after a backslash one of n t \ " ' must follow)"};
        advance(2);
        return meant[which];
    }

    std::string_view source_;
    std::size_t at_ = 0;
    Position here_;
    bool trim_next_ = false;
    std::vector<Token> tokens_;
};

}  // namespace

std::string to_text(const Position& position) {
    return "line " + std::to_string(position.line) + ", column " + std::to_string(position.column);
}

std::vector<Token> cut_into_tokens(std::string_view source) {
    return Lexer{source}.run();
}

}  // namespace carillon::notify
