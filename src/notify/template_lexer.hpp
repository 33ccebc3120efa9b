#pragma once
// A template's source, cut into the words of its grammar.
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::notify {

// Both count from 1; a column is a character, not a byte.
struct Position {
    int line = 1;
    int column = 1;
};

[[nodiscard]] std::string to_text(const Position& position);  // "line 3, column 12"

struct Token {
    enum class Kind {
        text,         // what stands outside the marks, white space trimmed where a mark asks for it
        print_open,   // {{
        print_close,  // }}
        tag_open,     // {%
        tag_close,    // %}
        path,         // a.0.b, and every keyword
        literal,      // "…", its escapes resolved
        number,       // -4.5
        symbol,       // | ( ) , == != < <= > >=
        end,
    };
    Kind kind;
    std::string text;
    Position at;
};

// Thrown by the lexer and the parser and caught by parse_template: a check after every step of a recursive
// descent would hide the grammar.
class SyntaxFault : public std::runtime_error {
public:
    SyntaxFault(Position where, const std::string& why) : std::runtime_error{why}, at{where} {}
    Position at;
};

// Ends with a token of kind end. Throws SyntaxFault.
[[nodiscard]] std::vector<Token> cut_into_tokens(std::string_view source);

}  // namespace carillon::notify
