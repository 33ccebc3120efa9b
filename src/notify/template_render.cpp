#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "notify/template_compare.hpp"
#include "notify/template_program.hpp"

namespace carillon::notify {
namespace {

// More names than this help nobody, and a long list of incomplete items must not make a longer answer.
constexpr std::size_t most_missing = 100;
constexpr std::size_t bytes_per_step = 64;

// Thrown where a value cannot be used and caught by render, as SyntaxFault is for the parser.
class RenderFault : public std::runtime_error {
public:
    RenderFault(Position where, const std::string& why) : std::runtime_error{to_text(where) + ": " + why} {}
};

// What an expression came to: a part of the context, something new, or nothing, and then the name of what is
// missing.
class Value {
public:
    static Value missing(std::string path) {
        Value value;
        value.missing_ = std::move(path);
        return value;
    }
    explicit Value(const Json* part) : part_{part} {}
    // Round brackets: curly ones would make a list of one.
    explicit Value(Json made) : made_(std::move(made)) {}

    [[nodiscard]] bool is_missing() const { return missing_.has_value(); }
    [[nodiscard]] const std::string& path() const { return *missing_; }
    [[nodiscard]] const Json& json() const { return part_ != nullptr ? *part_ : made_; }

private:
    Value() = default;
    const Json* part_ = nullptr;
    Json made_;
    std::optional<std::string> missing_;
};

struct Round {
    const std::string& name;
    const Json& list;
    std::string origin;  // where the list stands in the context, for the names of what is missing
    std::size_t index = 0;
};

const Json* step_into(const Json& value, const std::string& step) {
    if (value.is_object()) {
        const auto found = value.find(step);
        return found == value.end() ? nullptr : &*found;
    }
    if (!value.is_array()) return nullptr;
    std::size_t index = 0;
    const auto* const end = step.data() + step.size();
    const auto [stopped, error] = std::from_chars(step.data(), end, index);
    return error == std::errc{} && stopped == end && index < value.size() ? &value[index] : nullptr;
}

const char* kind_of(const Json& value) {
    return value.is_array() ? "a list" : value.is_object() ? "an object" : "a single value";
}

// What a value costs whoever reads all of it.
std::size_t weight(const Json& value) {
    if (value.is_string()) return value.get_ref<const std::string&>().size() / bytes_per_step;
    return value.is_array() ? value.size() : 0;
}

class Renderer {
public:
    Renderer(const Program& program, const Json& context, const RenderOptions& options, RenderBudget& spent)
        : program_{program}, context_{context}, options_{options}, spent_{spent} {}

    Result<std::string> run() {
        try {
            block(program_.body);
        } catch (const RenderFault& fault) {
            return Error{Failure::invalid, "template_failed", fault.what()};
        }
        if (missing_.empty()) return std::move(out_);
        return missing_error();
    }

private:
    // ---- bounds

    void spend(std::size_t steps, const Position& at) {
        spent_.steps += 1 + steps;
        if (spent_.steps <= program_.limits.steps) return;
        throw RenderFault{at, "this takes more than " + std::to_string(program_.limits.steps) + " steps"};
    }
    void write(std::string_view text, const Position& at) {
        spend(text.size() / bytes_per_step, at);
        spent_.output_bytes += text.size();
        if (spent_.output_bytes > program_.limits.output_bytes) {
            throw RenderFault{at, "the text becomes longer than " +
                                      std::to_string(program_.limits.output_bytes) + " bytes"};
        }
        out_ += text;
    }
    [[nodiscard]] bool enough() const { return missing_.size() >= most_missing; }

    // ---- nodes

    void block(const Block& nodes) {
        for (const auto& node : nodes) {
            if (enough()) return;
            std::visit([this](const auto& what) { run(what); }, node.what);
        }
    }

    void run(const Text& text) { write(text.text, text.at); }

    void run(const Print& print) {
        const auto value = evaluate(*print.value);
        if (value.is_missing()) return miss(value);
        const auto& json = value.json();
        if (json.is_structured())
            throw RenderFault{print.value->at, std::string{kind_of(json)} + " cannot be printed"};
        if (json.is_string())
            write(json.get_ref<const std::string&>(), print.value->at);
        else
            write(carillon::to_text(json), print.value->at);
    }

    void run(const Choice& choice) {
        for (const auto& branch : choice.branches) {
            if (branch.test && !is_so(evaluate(*branch.test))) continue;
            return block(branch.body);
        }
    }

    void run(const Loop& loop) {
        const auto value = evaluate(*loop.list);
        if (value.is_missing()) return miss(value);
        const auto& list = value.json();
        if (!list.is_array())
            throw RenderFault{loop.list->at, "for needs a list, not " + std::string{kind_of(list)}};
        const auto* const path = std::get_if<Path>(&loop.list->node);
        rounds_.push_back({loop.name, list, path == nullptr ? loop.name : full_name(*path)});
        for (std::size_t i = 0; i < list.size() && !enough(); ++i) {
            spend(0, loop.list->at);
            rounds_.back().index = i;
            block(loop.body);
        }
        rounds_.pop_back();
    }

    // ---- expressions

    Value evaluate(const Expression& expression) {
        spend(0, expression.at);
        return std::visit([&](const auto& node) { return value_of(node, expression.at); }, expression.node);
    }

    Value value_of(const Json& literal, const Position&) { return Value{&literal}; }

    Value value_of(const Path& path, const Position& at) {
        spend(path.steps.size(), at);
        if (!rounds_.empty() && path.steps.front() == "loop") return about_loop(path);
        const auto* value = root(path.steps.front());
        for (auto step = path.steps.begin() + 1; step != path.steps.end() && value != nullptr; ++step)
            value = step_into(*value, *step);
        if (value == nullptr || value->is_null()) return Value::missing(full_name(path));
        return Value{value};
    }

    Value value_of(const Filtered& chain, const Position&) {
        auto value = evaluate(*chain.base);
        for (const auto& call : chain.calls) {
            const bool gives_default = call.filter->name == default_filter;
            if (gives_default && value.is_missing()) value = evaluate(*call.arguments.front());
            // What is missing passes the other filters, so that a default may stand at the end of them.
            if (!gives_default && !value.is_missing()) value = filtered(value.json(), call);
        }
        return value;
    }

    Value filtered(const Json& value, const FilterCall& call) {
        std::vector<Value> values;
        std::vector<const Json*> arguments;
        values.reserve(call.arguments.size());
        for (const auto& argument : call.arguments) {
            auto given = evaluate(*argument);
            if (given.is_missing()) return given;
            values.push_back(std::move(given));
            arguments.push_back(&values.back().json());
        }
        for (const auto* argument : arguments) spend(weight(*argument), call.at);
        spend(weight(value), call.at);
        auto made = call.filter->apply(
            {value, arguments, options_.language, currency(), program_.limits.output_bytes});
        if (!made) throw RenderFault{call.at, std::string{call.filter->name} + ": " + made.error().detail};
        spend(weight(*made), call.at);
        return Value{std::move(*made)};
    }

    Value value_of(const Comparison& comparison, const Position& at) {
        const auto left = evaluate(*comparison.left);
        const auto right = evaluate(*comparison.right);
        if (left.is_missing() || right.is_missing()) {
            const bool same = left.is_missing() && right.is_missing();
            const bool holds = comparison.op == Comparison::Operator::equal       ? same
                               : comparison.op == Comparison::Operator::not_equal ? !same
                                                                                  : false;
            return Value{Json(holds)};
        }
        spend(weight(left.json()) + weight(right.json()), at);
        const auto holds = compare(comparison.op, left.json(), right.json());
        if (!holds) throw RenderFault{at, holds.error().detail};
        return Value{Json(*holds)};
    }

    // As in Python, `and` and `or` come to the part that decided, so that {{ nickname or name }} works.
    Value value_of(const AllOf& all, const Position&) {
        auto value = evaluate(*all.parts.front());
        for (std::size_t i = 1; i < all.parts.size() && is_so(value); ++i) value = evaluate(*all.parts[i]);
        return value;
    }
    Value value_of(const AnyOf& any, const Position&) {
        auto value = evaluate(*any.parts.front());
        for (std::size_t i = 1; i < any.parts.size() && !is_so(value); ++i) value = evaluate(*any.parts[i]);
        return value;
    }
    Value value_of(const Negation& negation, const Position&) {
        return Value{Json(!is_so(evaluate(*negation.of)))};
    }

    static bool is_so(const Value& value) { return !value.is_missing() && is_true(value.json()); }

    // ---- names

    [[nodiscard]] const Round* round_named(const std::string& name) const {
        const auto found = std::find_if(rounds_.rbegin(), rounds_.rend(),
                                        [&](const Round& round) { return round.name == name; });
        return found == rounds_.rend() ? nullptr : &*found;
    }
    [[nodiscard]] const Json* root(const std::string& name) const {
        if (const auto* const round = round_named(name)) return &round->list[round->index];
        return step_into(context_, name);
    }
    [[nodiscard]] const Json* currency() const {
        const auto* const found = root("currency");
        return found == nullptr || found->is_null() ? nullptr : found;
    }
    [[nodiscard]] Value about_loop(const Path& path) const {
        const auto& round = rounds_.back();
        const auto& what = path.steps.size() == 2 ? path.steps[1] : path.steps[0];
        if (what == "index") return Value{Json(round.index + 1)};
        if (what == "first") return Value{Json(round.index == 0)};
        if (what == "last") return Value{Json(round.index + 1 == round.list.size())};
        return Value::missing(full_name(path));
    }

    // As it would be written from the context's root: an item of a loop by its list and index.
    [[nodiscard]] std::string full_name(const Path& path) const {
        const auto* const round = round_named(path.steps.front());
        auto name =
            round == nullptr ? path.steps.front() : round->origin + "." + std::to_string(round->index);
        for (std::size_t i = 1; i < path.steps.size(); ++i) name += "." + path.steps[i];
        return name;
    }

    void miss(const Value& value) {
        if (std::find(missing_.begin(), missing_.end(), value.path()) == missing_.end())
            missing_.push_back(value.path());
    }
    [[nodiscard]] Error missing_error() const {
        Error error{Failure::invalid, "template_variable_missing", "missing from the context: "};
        for (const auto& name : missing_) {
            error.detail += (error.fields.empty() ? "" : ", ") + name;
            error.fields.push_back({"context." + name, "is missing"});
        }
        return error;
    }

    const Program& program_;
    const Json& context_;
    const RenderOptions& options_;
    RenderBudget& spent_;
    std::string out_;
    std::vector<Round> rounds_;
    std::vector<std::string> missing_;
};

}  // namespace

Result<std::string> Template::render(const Json& context, const RenderOptions& options) const {
    RenderBudget spent;
    return render(context, options, spent);
}

Result<std::string> Template::render(const Json& context, const RenderOptions& options,
                                     RenderBudget& spent) const {
    return Renderer{*program_, context, options, spent}.run();
}

const std::vector<std::string>& Template::variables() const noexcept {
    return program_->variables;
}

}  // namespace carillon::notify
