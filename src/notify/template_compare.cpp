#include "notify/template_compare.hpp"

#include <compare>

#include "notify/template_decimal.hpp"

namespace carillon::notify {
namespace {

using Operator = Comparison::Operator;

bool holds(Operator op, std::strong_ordering order) {
    switch (op) {
        case Operator::equal: return order == 0;
        case Operator::not_equal: return order != 0;
        case Operator::less: return order < 0;
        case Operator::less_or_equal: return order <= 0;
        case Operator::greater: return order > 0;
        default: return order >= 0;
    }
}

}  // namespace

bool is_true(const Json& value) {
    switch (value.type()) {
        case Json::value_t::null: return false;
        case Json::value_t::boolean: return value.get<bool>();
        case Json::value_t::string: return !value.get_ref<const std::string&>().empty();
        case Json::value_t::array:
        case Json::value_t::object: return !value.empty();
        default: return value != 0;
    }
}

Result<bool> compare(Operator op, const Json& left, const Json& right) {
    if (left.is_structured() || right.is_structured())
        return Error{Failure::invalid, "a list or an object cannot be compared"};
    const bool asks_equality = op == Operator::equal || op == Operator::not_equal;
    const bool texts = left.is_string() && right.is_string();
    if (!texts || !asks_equality) {
        const auto one = decimal_of(left);
        const auto other = decimal_of(right);
        if (one && other) return holds(op, compare(*one, *other));
    }
    if (texts) {
        const auto order = left.get_ref<const std::string&>().compare(right.get_ref<const std::string&>());
        return holds(op, order <=> 0);
    }
    if (asks_equality) return (left == right) == (op == Operator::equal);
    return Error{Failure::invalid, "values of different kinds have no order"};
}

}  // namespace carillon::notify
