#include "config/toml_file.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <utility>

#include "config/schema.hpp"

namespace carillon::config {
namespace {

Json to_json(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        auto object = Json::object();
        for (const auto& [key, value] : *table) object[std::string{key.str()}] = to_json(value);
        return object;
    }
    if (const auto* array = node.as_array()) {
        auto list = Json::array();
        for (const auto& item : *array) list.push_back(to_json(item));
        return list;
    }
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) return integer->get();
    if (const auto* number = node.as_floating_point()) return number->get();
    if (const auto* flag = node.as_boolean()) return flag->get();
    return Json(Json::value_t::discarded);
}

Place place_of(const toml::source_position& position) {
    return {position.line, position.column};
}

void append_section(std::vector<FileEntry>& entries, const toml::key& section, const toml::table& table) {
    const std::string name{section.str()};
    if (table.empty()) entries.push_back({name, {}, {}, place_of(section.source().begin)});
    for (const auto& [key, value] : table) {
        entries.push_back({name, std::string{key.str()}, to_json(value), place_of(key.source().begin)});
    }
}

// Names that the parser's message may repeat. Anything else it quotes could be part of a secret.
bool may_be_quoted(const std::string& text) {
    constexpr std::size_t one_letter = 4;  // bytes of UTF-8
    if (text.size() <= one_letter || text.starts_with("\\")) return true;
    const auto& keys = schema();
    return text == "false" || std::any_of(keys.begin(), keys.end(), [&text](const Key& key) {
               return text == key.name || text == key.section || text == key.full_name();
           });
}

std::string without_values(std::string_view message) {
    std::string out;
    bool is_quotation = false;
    while (true) {
        const auto quote = message.find('\'');
        const std::string part{message.substr(0, quote)};
        out.append(!is_quotation || may_be_quoted(part) ? part : "…");
        if (quote == message.npos) return out;
        out += '\'';
        message.remove_prefix(quote + 1);
        is_quotation = !is_quotation;
    }
}

}  // namespace

FileContent parse_toml(const std::string& text) {
    FileContent content;
    try {
        const auto root = toml::parse(text);
        for (const auto& [key, value] : root) {
            if (const auto* table = value.as_table()) {
                append_section(content.entries, key, *table);
            } else {
                content.entries.push_back(
                    {{}, std::string{key.str()}, to_json(value), place_of(key.source().begin)});
            }
        }
    } catch (const toml::parse_error& error) {
        content.syntax_error = without_values(error.description());
        content.error_place = place_of(error.source().begin);
    }
    const auto in_order = [](const FileEntry& a, const FileEntry& b) {
        return std::pair{a.place.line, a.place.column} < std::pair{b.place.line, b.place.column};
    };
    std::sort(content.entries.begin(), content.entries.end(), in_order);
    return content;
}

}  // namespace carillon::config
