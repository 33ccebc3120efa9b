#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>

#include "core/nearest.hpp"
#include "notify/template_program.hpp"

namespace carillon::notify {
namespace {

using Kind = Token::Kind;

constexpr std::array<std::string_view, 7> reserved{"and", "or", "not", "in", "is", "if", "else"};
// The tags that end a block belong to whoever opened it.
constexpr std::array<std::string_view, 4> endings{"elif", "else", "endif", "endfor"};

bool contains(const auto& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<std::string> split_steps(std::string_view path) {
    std::vector<std::string> steps;
    for (;;) {
        const auto dot = path.find('.');
        steps.emplace_back(path.substr(0, dot));
        if (dot == std::string_view::npos) return steps;
        path.remove_prefix(dot + 1);
    }
}

Json to_number(const std::string& text) {
    const auto* const end = text.data() + text.size();
    if (text.find('.') == std::string::npos) {
        std::int64_t whole = 0;
        std::from_chars(text.data(), end, whole);
        return whole;
    }
    double number = 0;
    std::from_chars(text.data(), end, number);
    return number;
}

class Parser {
public:
    Parser(std::vector<Token> tokens, const TemplateLimits& limits)
        : tokens_{std::move(tokens)}, limits_{limits} {}

    Program run() {
        auto body = block();
        if (next().kind != Kind::end) throw SyntaxFault{next().at, outside(word_of_tag())};
        return {std::move(body), {variables_.begin(), variables_.end()}, limits_};
    }

private:
    // Counts how deep the grammar has gone, so that no source can exhaust the stack.
    class Nesting {
    public:
        explicit Nesting(Parser& parser) : depth_{parser.depth_} {
            if (depth_ >= parser.limits_.depth) {
                throw SyntaxFault{parser.next().at,
                                  "nested more than " + std::to_string(parser.limits_.depth) + " deep"};
            }
            ++depth_;
        }
        ~Nesting() { --depth_; }
        Nesting(const Nesting&) = delete;
        Nesting& operator=(const Nesting&) = delete;

    private:
        std::size_t& depth_;
    };

    // ---- tokens

    [[nodiscard]] const Token& next() const { return tokens_[at_]; }
    Token take() { return std::move(tokens_[at_++]); }
    bool take_symbol(std::string_view symbol) {
        const bool there = next().kind == Kind::symbol && next().text == symbol;
        if (there) ++at_;
        return there;
    }
    bool take_word(std::string_view word) {
        const bool there = next().kind == Kind::path && next().text == word;
        if (there) ++at_;
        return there;
    }
    // The lexer closes every mark, so that inside one there is always a next token.
    void expect(Kind kind, std::string_view what) {
        if (next().kind != kind) throw SyntaxFault{next().at, expected(what)};
        ++at_;
    }
    [[nodiscard]] std::string expected(std::string_view what) const {
        const auto found = next().kind == Kind::literal ? "a text" : next().text;
        return std::string{what} + " expected, found " + found;
    }
    static std::string outside(const std::string& word) {
        return "{% " + word + " %} stands outside of any {% " + (word == "endfor" ? "for" : "if") + " %}";
    }
    [[nodiscard]] std::string word_of_tag() const {
        return tokens_[at_ + 1].kind == Kind::path ? tokens_[at_ + 1].text : "";
    }

    // ---- blocks

    // Up to the end, or to a tag that is not the block's own.
    Block block() {
        Block nodes;
        for (;;) {
            const auto at = next().at;
            if (next().kind == Kind::text)
                nodes.emplace_back(Text{take().text, at});
            else if (next().kind == Kind::print_open)
                nodes.emplace_back(print());
            else if (next().kind == Kind::end || contains(endings, word_of_tag()))
                return nodes;
            else
                tag(at, nodes);
        }
    }

    Print print() {
        ++at_;
        auto value = expression();
        expect(Kind::print_close, "}}");
        return {std::move(value)};
    }

    void tag(const Position& at, Block& nodes) {
        ++at_;
        if (take_word("if"))
            nodes.emplace_back(choice(at));
        else if (take_word("for"))
            nodes.emplace_back(loop(at));
        else
            throw SyntaxFault{next().at, expected("a tag (if, elif, else, endif, for, endfor)")};
    }

    Choice choice(const Position& at) {
        Choice made;
        made.branches.push_back(branch(expression()));
        for (bool last = false; !last;) {
            const auto ending = end_of_block(at, "if", "endif");
            last = ending == "endif";
            if (last) continue;
            if (ending == "endfor" || !made.branches.back().test)
                throw SyntaxFault{tokens_[at_ - 1].at, ending + " stands where endif was expected"};
            made.branches.push_back(branch(ending == "elif" ? expression() : nullptr));
        }
        expect(Kind::tag_close, "%}");
        return made;
    }
    Branch branch(ExpressionPtr test) {
        expect(Kind::tag_close, "%}");
        const Nesting deeper{*this};
        return {std::move(test), block()};
    }

    Loop loop(const Position& at) {
        auto name = loop_name();
        if (!take_word("in")) throw SyntaxFault{next().at, expected("in")};
        auto list = expression();
        expect(Kind::tag_close, "%}");
        loops_.push_back(name);
        auto body = body_of_loop();
        loops_.pop_back();
        if (const auto ending = end_of_block(at, "for", "endfor"); ending != "endfor")
            throw SyntaxFault{tokens_[at_ - 1].at, ending + " stands where endfor was expected"};
        expect(Kind::tag_close, "%}");
        return {std::move(name), std::move(list), std::move(body)};
    }
    Block body_of_loop() {
        const Nesting deeper{*this};
        return block();
    }
    std::string loop_name() {
        const auto& text = next().text;
        if (next().kind != Kind::path || text.find('.') != std::string::npos || contains(reserved, text))
            throw SyntaxFault{next().at, expected("a name for the items")};
        if (text == "loop") throw SyntaxFault{next().at, "loop is taken: it holds loop.index"};
        return take().text;
    }

    // The word of the tag that ends a block, which block() has left standing.
    std::string end_of_block(const Position& opened, const std::string& word, const std::string& ending) {
        if (next().kind == Kind::end)
            throw SyntaxFault{opened, "this {% " + word + " %} has no {% " + ending + " %}"};
        ++at_;
        // A copy: what was wrong with it is told with its text.
        auto found = next().text;
        ++at_;
        return found;
    }

    // ---- expressions, the loosest binding first

    static ExpressionPtr make(auto node, const Position& at) {
        return std::make_unique<const Expression>(Expression{std::move(node), at});
    }

    ExpressionPtr expression() {
        const auto at = next().at;
        AnyOf chain;
        do chain.parts.push_back(all_of());
        while (take_word("or"));
        return chain.parts.size() == 1 ? std::move(chain.parts.front()) : make(std::move(chain), at);
    }

    ExpressionPtr all_of() {
        const auto at = next().at;
        AllOf chain;
        do chain.parts.push_back(negation());
        while (take_word("and"));
        return chain.parts.size() == 1 ? std::move(chain.parts.front()) : make(std::move(chain), at);
    }

    ExpressionPtr negation() {
        const auto at = next().at;
        if (!take_word("not")) return comparison();
        const Nesting deeper{*this};
        return make(Negation{negation()}, at);
    }

    ExpressionPtr comparison() {
        const auto at = next().at;
        auto left = filtered();
        using Operator = Comparison::Operator;
        constexpr std::array<std::pair<std::string_view, Operator>, 6> operators{
            {{"==", Operator::equal},
             {"!=", Operator::not_equal},
             {"<", Operator::less},
             {"<=", Operator::less_or_equal},
             {">", Operator::greater},
             {">=", Operator::greater_or_equal}}};
        for (const auto& [symbol, op] : operators) {
            if (take_symbol(symbol)) return make(Comparison{op, std::move(left), filtered()}, at);
        }
        return left;
    }

    ExpressionPtr filtered() {
        const auto at = next().at;
        Filtered chain{operand(), {}};
        while (take_symbol("|")) chain.calls.push_back(filter_call());
        return chain.calls.empty() ? std::move(chain.base) : make(std::move(chain), at);
    }

    ExpressionPtr operand() {
        const auto at = next().at;
        if (take_symbol("(")) {
            const Nesting deeper{*this};
            auto inner = expression();
            if (!take_symbol(")")) throw SyntaxFault{next().at, expected(")")};
            return inner;
        }
        if (next().kind == Kind::literal) return make(Json(take().text), at);
        if (next().kind == Kind::number) return make(to_number(take().text), at);
        if (take_word("true") || take_word("True")) return make(Json(true), at);
        if (take_word("false") || take_word("False")) return make(Json(false), at);
        if (next().kind != Kind::path || contains(reserved, next().text))
            throw SyntaxFault{at, expected("a value")};
        return make(path(take().text), at);
    }

    Path path(const std::string& text) {
        Path found{split_steps(text)};
        const auto& root = found.steps.front();
        const bool of_loop = contains(loops_, root) || (root == "loop" && !loops_.empty());
        if (!of_loop) variables_.insert(text);
        return found;
    }

    // ---- filters

    FilterCall filter_call() {
        const auto at = next().at;
        const auto* const filter = next().kind == Kind::path ? find_filter(next().text) : nullptr;
        if (filter == nullptr) throw SyntaxFault{at, unknown_filter()};
        ++at_;
        FilterCall call{filter, {}, at};
        if (take_symbol("(")) call.arguments = arguments();
        const auto count = call.arguments.size();
        if (count < filter->least_arguments || count > filter->most_arguments)
            throw SyntaxFault{at, std::string{filter->name} + wanted_arguments(*filter)};
        check_literals(call);
        return call;
    }
    [[nodiscard]] std::string unknown_filter() const {
        if (next().kind != Kind::path) return expected("a filter's name");
        const auto nearest = nearest_name(next().text, filter_names());
        const auto hint = nearest.empty() ? "" : " (did you mean " + std::string{nearest} + "?)";
        return "there is no filter " + next().text + hint;
    }
    static std::string wanted_arguments(const Filter& filter) {
        if (filter.most_arguments == 0) return " takes no argument";
        return filter.least_arguments == 0 ? " takes at most one argument" : " takes one argument";
    }
    std::vector<ExpressionPtr> arguments() {
        const Nesting deeper{*this};
        std::vector<ExpressionPtr> all;
        if (take_symbol(")")) return all;
        do all.push_back(expression());
        while (take_symbol(","));
        if (!take_symbol(")")) throw SyntaxFault{next().at, expected(")")};
        return all;
    }
    static void check_literals(const FilterCall& call) {
        if (call.filter->objection == nullptr) return;
        for (const auto& argument : call.arguments) {
            const auto* const literal = std::get_if<Json>(&argument->node);
            const auto objection = literal == nullptr ? std::string{} : call.filter->objection(*literal);
            if (!objection.empty()) throw SyntaxFault{argument->at, objection};
        }
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    TemplateLimits limits_;
    std::size_t depth_ = 0;
    std::vector<std::string> loops_;  // the names of the loops that are open here
    std::set<std::string> variables_;
};

Error syntax_error(const std::string& detail) {
    Error error{Failure::invalid, "template_syntax", detail};
    error.fields.push_back({"content", detail});
    return error;
}

}  // namespace

Program parse_program(std::string_view source, const TemplateLimits& limits) {
    return Parser{cut_into_tokens(source), limits}.run();
}

Result<Template> parse_template(std::string_view source, const TemplateLimits& limits) {
    if (source.size() > limits.source_bytes)
        return syntax_error("the template is longer than " + std::to_string(limits.source_bytes) + " bytes");
    try {
        return Template{std::make_shared<const Program>(parse_program(source, limits))};
    } catch (const SyntaxFault& fault) {
        return syntax_error(to_text(fault.at) + ": " + fault.what());
    }
}

}  // namespace carillon::notify
