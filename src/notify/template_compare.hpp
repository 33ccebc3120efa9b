#pragma once
#include <carillon/json.hpp>

#include "notify/template_program.hpp"

namespace carillon::notify {

// What `if` takes for true: not false, 0, "", [] or {}.
[[nodiscard]] bool is_true(const Json& value);

// A number against a number, or against a text that holds one, goes by the value, exactly. Two texts are
// equal when their characters are; before and after each other by the value if both hold numbers ("900" <
// "1000"), and else bytewise, which is right for days. Nothing else has an order: that is an error, as is a
// comparison of lists or objects.
[[nodiscard]] Result<bool> compare(Comparison::Operator op, const Json& left, const Json& right);

}  // namespace carillon::notify
