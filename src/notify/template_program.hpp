#pragma once
// What a template's source means: the tree that the parser builds and the renderer walks.
#include <carillon/json.hpp>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "notify/template.hpp"
#include "notify/template_filters.hpp"
#include "notify/template_lexer.hpp"

namespace carillon::notify {

struct Expression;
using ExpressionPtr = std::unique_ptr<const Expression>;

struct Path {
    std::vector<std::string> steps;  // "items", "0", "name"
};
struct FilterCall {
    const Filter* filter;
    std::vector<ExpressionPtr> arguments;
    Position at;
};
// One node for the whole chain, as with `and` and `or`: however long it is, the tree stays shallow, so that
// no source can exhaust the stack.
struct Filtered {
    ExpressionPtr base;
    std::vector<FilterCall> calls;
};
struct Comparison {
    enum class Operator { equal, not_equal, less, less_or_equal, greater, greater_or_equal };
    Operator op;
    ExpressionPtr left;
    ExpressionPtr right;
};
struct AllOf {
    std::vector<ExpressionPtr> parts;
};
struct AnyOf {
    std::vector<ExpressionPtr> parts;
};
struct Negation {
    ExpressionPtr of;
};

struct Expression {
    std::variant<Json, Path, Filtered, Comparison, AllOf, AnyOf, Negation> node;
    Position at;
};

struct Node;
using Block = std::vector<Node>;

struct Text {
    std::string text;
    Position at;
};
struct Print {
    ExpressionPtr value;
};
struct Branch {
    ExpressionPtr test;  // none: the else
    Block body;
};
struct Choice {
    std::vector<Branch> branches;
};
struct Loop {
    std::string name;
    ExpressionPtr list;
    Block body;
};

struct Node {
    // Made in its place in the block: of a temporary that is moved from there, g++ 12 believes that it is
    // read before it was written.
    template <class What>
    explicit Node(What made) : what{std::move(made)} {}

    std::variant<Text, Print, Choice, Loop> what;
};

struct Program {
    Block body;
    std::vector<std::string> variables;
    TemplateLimits limits;
};

// Throws SyntaxFault.
[[nodiscard]] Program parse_program(std::string_view source, const TemplateLimits& limits);

}  // namespace carillon::notify
