#include <algorithm>

#include "config/layers.hpp"
#include "config/suggestion.hpp"
#include "config/toml_file.hpp"
#include "core/nearest.hpp"

namespace carillon::config {
namespace {

std::vector<std::string> key_names() {
    std::vector<std::string> names;
    for (const auto& key : schema()) names.push_back(key.full_name());
    return names;
}

std::vector<std::string> section_names() {
    std::vector<std::string> names;
    for (const auto& key : schema()) {
        if (names.empty() || names.back() != key.section) names.emplace_back(key.section);
    }
    return names;
}

bool is_section(std::string_view name) {
    const auto names = section_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

// A key before the first [section]: the nearest one by its last name alone.
std::string stray_suggestion(const std::string& name) {
    std::vector<std::string_view> last_names;
    for (const auto& key : schema()) last_names.push_back(key.name);
    const auto meant = nearest_name(name, last_names);
    for (const auto& key : schema()) {
        if (key.name == meant) return " (did you mean " + key.full_name() + "?)";
    }
    return suggestion(name, section_names());
}

std::string unknown(const FileEntry& entry) {
    if (entry.section.empty()) {
        if (is_section(entry.name))
            return entry.name + ": expected a section, [" + entry.name + "], got a value";
        return "unknown key " + entry.name + stray_suggestion(entry.name);
    }
    if (entry.name.empty()) {
        return "unknown section " + entry.section + suggestion(entry.section, section_names());
    }
    const auto full_name = entry.section + "." + entry.name;
    return "unknown key " + full_name + suggestion(full_name, key_names());
}

}  // namespace

Layer file_layer(const Sources& sources) {
    Layer layer;
    const auto text = sources.read_file(sources.file);
    if (!text) {
        const bool absent = text.error().failure == Failure::not_found;
        if (absent && !sources.file_required) return layer;
        layer.mistakes.push_back({sources.file, "cannot be read: " + text.error().detail});
        return layer;
    }
    const auto place_text = [&sources](const Place& place) {
        return sources.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
    };
    const auto content = parse_toml(*text);
    if (!content.syntax_error.empty()) {
        layer.mistakes.push_back({place_text(content.error_place), "not TOML: " + content.syntax_error});
        return layer;
    }
    for (const auto& entry : content.entries) {
        if (entry.name.empty() && is_section(entry.section)) continue;
        const auto place = place_text(entry.place);
        if (const auto* key = find_key(entry.section, entry.name)) {
            layer.values.push_back(
                {key, entry.value, sources.file + ":" + std::to_string(entry.place.line), place});
        } else {
            layer.mistakes.push_back({place, unknown(entry)});
        }
    }
    return layer;
}

}  // namespace carillon::config
