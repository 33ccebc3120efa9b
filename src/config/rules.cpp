#include "config/rules.hpp"

#include <carillon/bytes.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace carillon::config {
namespace {

std::string in_quotes(std::string_view text) {
    std::string out;
    append_quoted(out, text);
    return out;
}

std::string joined(const std::vector<std::string_view>& parts) {
    std::string all;
    for (const auto part : parts) all.append(all.empty() ? "" : ", ").append(part);
    return all;
}

std::string describe_text(const Key& key, const std::string& text) {
    constexpr std::size_t enough = 80;
    if (!is_utf8(text)) return "a text that is not UTF-8";
    if (key.disclosure == Disclosure::hidden) return "one of " + std::to_string(text.size()) + " bytes";
    if (key.disclosure == Disclosure::url) return "a text that is none";
    if (text.size() > enough) return "a text of " + std::to_string(text.size()) + " bytes";
    return "the text " + in_quotes(text);
}

std::string describe(const Key& key, const Json& value) {
    const bool open = key.disclosure == Disclosure::open;
    switch (value.type()) {
        case Json::value_t::string: return describe_text(key, value.get_ref<const std::string&>());
        case Json::value_t::boolean: return value.get<bool>() ? "true" : "false";
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned: return open ? "the number " + value.dump() : "a number";
        case Json::value_t::number_float:
            // JSON has no word for what TOML calls inf and nan.
            if (!std::isfinite(value.get<double>())) return "a number without end";
            return open ? "the number " + value.dump() : "a number";
        case Json::value_t::array: return "a list";
        case Json::value_t::object: return "a table";
        default: return "a date or a time";
    }
}

std::string complaint(const Key& key, std::string_view wanted, const Json& value) {
    return key.full_name() + ": expected " + std::string{wanted} + ", got " + describe(key, value);
}

std::optional<std::string> text_refusal(const Key& key, const Json& value) {
    const auto wanted = expected(key.rule);
    if (!value.is_string()) return complaint(key, wanted, value);
    const auto& text = value.get_ref<const std::string&>();
    if (!is_utf8(text) || !key.rule.check.accepts(text)) return complaint(key, wanted, value);
    return std::nullopt;
}

std::optional<std::string> list_refusal(const Key& key, const Json& value) {
    if (!value.is_array()) return complaint(key, expected(key.rule), value);
    for (const auto& item : value) {
        const auto* text = item.get_ptr<const std::string*>();
        if (!text || !is_utf8(*text) || !key.rule.check.accepts(*text)) {
            return complaint(key, expected(key.rule), item);
        }
        if (*text == "*" && value.size() > 1) return key.full_name() + ": \"*\" stands alone or not at all";
    }
    return std::nullopt;
}

bool is_path(const Json& table, const char* name) {
    const auto found = table.find(name);
    if (found == table.end() || !found->is_string()) return false;
    const auto& text = found->get_ref<const std::string&>();
    return !text.empty() && is_utf8(text) && text.find('\0') == text.npos;
}

std::optional<std::string> certificates_refusal(const Key& key, const Json& value) {
    if (!value.is_array()) return complaint(key, expected(key.rule), value);
    for (const auto& item : value) {
        const bool right =
            item.is_object() && item.size() == 2 && is_path(item, "cert") && is_path(item, "key");
        if (right) continue;
        const auto got = item.is_object() ? "a table that has not just these two" : describe(key, item);
        return key.full_name() + ": expected " + expected(key.rule) + ", got " + got;
    }
    return std::nullopt;
}

std::string trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return std::string{text.substr(first, text.find_last_not_of(" \t") - first + 1)};
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    if (trimmed(text).empty()) return parts;
    while (true) {
        const auto comma = text.find(',');
        parts.push_back(trimmed(text.substr(0, comma)));
        if (comma == text.npos) return parts;
        text.remove_prefix(comma + 1);
    }
}

Json certificate_from(const std::string& pair) {
    const auto colon = pair.find(':');
    if (colon == pair.npos) return pair;
    return {{"cert", pair.substr(0, colon)}, {"key", pair.substr(colon + 1)}};
}

Json integer_from(const std::string& text) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc{} && stop == end ? Json(value) : Json(text);
}

}  // namespace

std::string expected(const Rule& rule) {
    switch (rule.kind) {
        case Kind::integer:
            return "an integer from " + std::to_string(rule.min) + " to " + std::to_string(rule.max);
        case Kind::boolean: return "true or false";
        case Kind::text: return std::string{rule.check.expected};
        case Kind::choice: return "one of " + joined(rule.options);
        case Kind::list: return "a list, each " + std::string{rule.check.expected};
        case Kind::certificates: return "a list of tables with cert and key, both paths";
    }
    return {};
}

Json from_text(const Rule& rule, const std::string& text) {
    switch (rule.kind) {
        case Kind::integer: return integer_from(text);
        case Kind::boolean:
            if (text == "true" || text == "1") return true;
            if (text == "false" || text == "0") return false;
            return text;
        case Kind::text:
        case Kind::choice: return text;
        case Kind::list: return split(text);
        case Kind::certificates: {
            auto list = Json::array();
            for (const auto& pair : split(text)) list.push_back(certificate_from(pair));
            return list;
        }
    }
    return text;
}

std::optional<std::string> refusal(const Key& key, const Json& value) {
    const auto& rule = key.rule;
    bool right = false;
    switch (rule.kind) {
        case Kind::integer:
            right = value.is_number_integer() && value >= rule.min && value <= rule.max;
            break;
        case Kind::boolean: right = value.is_boolean(); break;
        case Kind::choice:
            right = std::any_of(rule.options.begin(), rule.options.end(),
                                [&value](std::string_view option) { return value == option; });
            break;
        case Kind::text: return text_refusal(key, value);
        case Kind::list: return list_refusal(key, value);
        case Kind::certificates: return certificates_refusal(key, value);
    }
    if (right) return std::nullopt;
    return complaint(key, expected(rule), value);
}

std::string shown(const Key& key, const Json& value) {
    const auto plain = shown_json(key, value);
    if (plain.is_null()) return "(not set)";
    if (plain.is_string())
        return plain.get_ref<const std::string&>().empty() ? "(empty)" : plain.get<std::string>();
    if (!plain.is_array()) return plain.dump();
    if (plain.empty()) return "(none)";
    std::string all;
    for (const auto& item : plain) {
        const auto text = item.is_string()
                              ? item.get<std::string>()
                              : item.at("cert").get<std::string>() + ":" + item.at("key").get<std::string>();
        all.append(all.empty() ? "" : ", ").append(text);
    }
    return all;
}

Json shown_json(const Key& key, const Json& value) {
    if (key.disclosure == Disclosure::open) return value;
    const auto& text = value.get_ref<const std::string&>();
    if (text.empty()) return nullptr;
    return key.disclosure == Disclosure::hidden ? "***" : mask_password(text);
}

}  // namespace carillon::config
