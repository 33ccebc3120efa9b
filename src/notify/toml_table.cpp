#include "notify/toml_table.hpp"

#include <carillon/time.hpp>

#include "core/nearest.hpp"

namespace carillon::notify {
namespace {

std::string found(const toml::node& node) {
    if (const auto* text = node.as_string()) return quoted(text->get());
    if (node.is_number()) return "a number";
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* list = node.as_array()) return list->empty() ? "an empty list" : "a list";
    return node.is_table() ? "a table" : "a date or a time";
}

bool is_dotted(std::string_view text) {
    const auto may_stand = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '_' || letter == '.';
    };
    return std::all_of(text.begin(), text.end(), may_stand) && !text.starts_with('.') &&
           !text.ends_with('.') && text.find("..") == text.npos;
}

}  // namespace

std::string quoted(std::string_view text) {
    return '"' + std::string{text} + '"';
}

bool among(std::string_view name, const Names& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string listed(const Names& names) {
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
        out += names[i];
    }
    return out;
}

std::string hint(std::string_view name, const Names& known) {
    const auto meant = nearest_name(name, known);
    if (!meant.empty()) return " (did you mean " + std::string{meant} + "?)";
    return known.empty() ? ": none is known" : ": expected " + listed(known);
}

void Faults::add(const toml::source_region& where, std::string message) {
    found_.emplace(std::pair{where.begin.line, where.begin.column}, std::move(message));
}

Error Faults::error() const {
    std::vector<FieldError> fields;
    for (const auto& [place, message] : found_) {
        const auto where = std::to_string(place.first) + ':' + std::to_string(place.second);
        fields.push_back({file_ + ':' + where, message});
    }
    const auto count = std::to_string(fields.size()) + (fields.size() == 1 ? " fault" : " faults");
    return {Failure::invalid, file_ + " has " + count, std::move(fields)};
}

TableReader::TableReader(const toml::table& table, const Names& keys, Faults& faults)
    : table_{table}, faults_{faults} {
    for (const auto& [key, value] : table) {
        if (among(key.str(), keys)) continue;
        faults_.add(key.source(), "unknown key " + std::string{key.str()} + hint(key.str(), keys));
    }
}

std::string TableReader::text(std::string_view key) {
    const auto* node = find(key);
    if (!node) return {};
    if (const auto* text = node->as_string(); text && !text->get().empty()) return text->get();
    wrong(key, *node, "text");
    return {};
}

std::string TableReader::required(std::string_view key) {
    if (!find(key)) fail("missing " + std::string{key});
    return text(key);
}

std::string TableReader::dotted(std::string_view key, std::string_view example) {
    auto given = text(key);
    if (is_dotted(given)) return given;
    wrong(key, *find(key), "words with dots between them, such as " + std::string{example});
    return {};
}

std::string TableReader::choice(std::string_view key, const Names& options) {
    auto given = text(key);
    if (given.empty() || among(given, options)) return given;
    const auto meant = nearest_name(given, options);
    const auto question = meant.empty() ? std::string{} : " (did you mean " + std::string{meant} + "?)";
    wrong(key, *find(key), listed(options), question);
    return {};
}

bool TableReader::flag(std::string_view key) {
    const auto* node = find(key);
    if (!node) return false;
    if (const auto* value = node->as_boolean()) return value->get();
    wrong(key, *node, "true or false");
    return false;
}

std::optional<std::chrono::seconds> TableReader::duration(std::string_view key) {
    const auto* node = find(key);
    if (!node) return std::nullopt;
    const auto* given = node->as_string();
    const auto parsed = parse_duration(given ? std::string_view{given->get()} : std::string_view{});
    if (parsed) return *parsed;
    wrong(key, *node, "a number and a unit in quotes, such as \"30s\", \"15m\", \"1h\" or \"7d\"");
    return std::nullopt;
}

void TableReader::wrong(std::string_view key, const toml::node& node, std::string_view expected,
                        std::string_view question) {
    auto message = std::string{key} + ": expected " + std::string{expected} + ", got " + found(node);
    fail(node, message.append(question));
}

}  // namespace carillon::notify
