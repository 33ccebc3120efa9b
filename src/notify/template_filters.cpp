#include "notify/template_filters.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "notify/template_case.hpp"
#include "notify/template_currency.hpp"
#include "notify/template_date.hpp"

namespace carillon::notify {
namespace {

Error wrong(std::string why) {
    return {Failure::invalid, std::move(why)};
}

const std::string* text_of(const Json& value) {
    return value.is_string() ? &value.get_ref<const std::string&>() : nullptr;
}

// As it would be printed; none for what has no printed form.
std::optional<std::string> printed(const Json& value) {
    if (value.is_null() || value.is_structured()) return std::nullopt;
    const auto* const text = text_of(value);
    return text != nullptr ? *text : to_text(value);
}

template <std::string (*convert)(std::string_view)>
Result<Json> cased(const FilterInput& input) {
    const auto text = printed(input.value);
    if (!text) return wrong("needs a text");
    return Json(convert(*text));
}

// ---- money

constexpr std::string_view not_a_code = "a currency must be a code of three capital letters";

Result<std::string> currency_code(const Json* given) {
    if (given == nullptr) return std::string{"INR"};
    const auto* const code = text_of(*given);
    if (code == nullptr || !is_currency_code(*code)) return wrong(std::string{not_a_code});
    return *code;
}

Result<Json> currency(const FilterInput& input) {
    const auto amount = decimal_of(input.value);
    if (!amount) return wrong("needs a decimal number");
    const auto code = currency_code(input.arguments.empty() ? input.currency : input.arguments[0]);
    if (!code) return code.error();
    return Json(format_currency(*amount, *code));
}

Result<Json> currency_range(const FilterInput& input) {
    const auto from = decimal_of(input.value);
    const auto to = decimal_of(*input.arguments[0]);
    if (!from || !to) return wrong("needs two decimal numbers");
    const auto code = currency_code(input.currency);
    if (!code) return code.error();
    return Json(format_currency_range(*from, *to, *code));
}

std::string currency_objection(const Json& argument) {
    return currency_code(&argument) ? std::string{} : std::string{not_a_code};
}

// ---- date

std::string format_objection(const Json& argument) {
    const auto* const format = text_of(argument);
    return format == nullptr ? "a date's format must be a text" : date_format_objection(*format);
}

Result<Json> date(const FilterInput& input) {
    const auto* const text = text_of(input.value);
    if (text == nullptr) return wrong("needs a text such as 2026-02-01");
    auto objection = format_objection(*input.arguments[0]);
    if (!objection.empty()) return wrong(std::move(objection));
    const auto& format = input.arguments[0]->get_ref<const std::string&>();
    return Json(format_date(*text, format, input.language));
}

// ---- parts and lists

std::string length_objection(const Json& argument) {
    const bool fits = argument.is_number_integer() && argument >= 1 && argument <= 100'000;
    return fits ? "" : "a text is cut to a whole number of characters, at least 1";
}

Result<Json> truncate(const FilterInput& input) {
    auto objection = length_objection(*input.arguments[0]);
    if (!objection.empty()) return wrong(std::move(objection));
    const auto text = printed(input.value);
    if (!text) return wrong("needs a text");
    return Json(cut_to(*text, input.arguments[0]->get<std::size_t>()));
}

Result<Json> length(const FilterInput& input) {
    if (const auto* const text = text_of(input.value)) return Json(count_characters(*text));
    if (!input.value.is_structured()) return wrong("needs a text, a list or an object");
    return Json(input.value.size());
}

std::string separator_objection(const Json& argument) {
    return argument.is_string() ? "" : "what is to stand between the items must be a text";
}

Result<Json> join(const FilterInput& input) {
    if (!input.value.is_array()) return wrong("needs a list");
    auto objection = separator_objection(*input.arguments[0]);
    if (!objection.empty()) return wrong(std::move(objection));
    const auto& separator = input.arguments[0]->get_ref<const std::string&>();
    std::string out;
    for (std::size_t i = 0; i < input.value.size(); ++i) {
        const auto item = printed(input.value[i]);
        if (!item) return wrong("needs a list of texts and numbers");
        if (i > 0) out += separator;
        out += *item;
        if (out.size() > input.output_bytes) return wrong("makes too long a text");
    }
    return Json(std::move(out));
}

Result<Json> unchanged(const FilterInput& input) {
    return input.value;
}

constexpr std::array filters{
    Filter{default_filter, 1, 1, unchanged, nullptr},
    Filter{"currency", 0, 1, currency, currency_objection},
    Filter{"currency_range", 1, 1, currency_range, nullptr},
    Filter{"date", 1, 1, date, format_objection},
    Filter{"upper", 0, 0, cased<to_upper>, nullptr},
    Filter{"lower", 0, 0, cased<to_lower>, nullptr},
    Filter{"title", 0, 0, cased<to_title>, nullptr},
    Filter{"join", 1, 1, join, separator_objection},
    Filter{"truncate", 1, 1, truncate, length_objection},
    Filter{"length", 0, 0, length, nullptr},
};

constexpr auto names = [] {
    std::array<std::string_view, filters.size()> all{};
    for (std::size_t i = 0; i < filters.size(); ++i) all[i] = filters[i].name;
    return all;
}();

}  // namespace

const Filter* find_filter(std::string_view name) noexcept {
    const auto* const found = std::find_if(filters.begin(), filters.end(),
                                           [&](const Filter& filter) { return filter.name == name; });
    return found == filters.end() ? nullptr : found;
}

std::span<const std::string_view> filter_names() noexcept {
    return names;
}

}  // namespace carillon::notify
