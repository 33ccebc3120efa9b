#include <algorithm>

#include "config/dotenv.hpp"
#include "config/layers.hpp"
#include "config/rules.hpp"
#include "config/suggestion.hpp"

namespace carillon::config {
namespace {

constexpr std::string_view own_prefix = "CARILLON_";
constexpr std::string_view test_prefix = "CARILLON_TEST_";  // for the tests of the server, not for the server
constexpr std::string_view file_suffix = "_FILE";

struct Variable {
    std::string value;
    std::string origin;  // "environment NAME", ".env:3"
};
using Variables = std::map<std::string, Variable, std::less<>>;

std::vector<std::string> names_of(const Key& key) {
    std::vector<std::string> names{key.environment_name()};
    names.insert(names.end(), key.other_names.begin(), key.other_names.end());
    return names;
}

std::vector<std::string> own_names() {
    std::vector<std::string> names;
    for (const auto& key : schema()) {
        names.push_back(key.environment_name());
        if (key.may_be_in_file()) names.push_back(names.back() + std::string{file_suffix});
    }
    return names;
}

void report_unknown(const Variables& variables, Layer& layer) {
    const auto known = own_names();
    for (const auto& [name, variable] : variables) {
        if (!name.starts_with(own_prefix) || name.starts_with(test_prefix)) continue;
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        layer.mistakes.push_back({variable.origin, "unknown name " + name + suggestion(name, known)});
    }
}

// Something that sets a key: a variable, or one that names a file.
struct Candidate {
    std::string name;
    const Variable* variable;
    bool is_file;
};

std::vector<Candidate> candidates_for(const Key& key, const Variables& variables) {
    std::vector<Candidate> found;
    for (const auto& name : names_of(key)) {
        if (const auto it = variables.find(name); it != variables.end())
            found.push_back({name, &it->second, false});
        if (!key.may_be_in_file()) continue;
        const auto file_name = name + std::string{file_suffix};
        const auto it = variables.find(file_name);
        // An empty one names no file: compose files leave such behind for what is not set.
        if (it != variables.end() && !it->second.value.empty())
            found.push_back({file_name, &it->second, true});
    }
    return found;
}

// Of several the first that is not empty. Two that say different things are a mistake: whichever we took,
// somebody would look for the other's effect.
const Candidate* choose(const Key& key, const std::vector<Candidate>& candidates, Layer& layer) {
    const Candidate* chosen = nullptr;
    for (const auto& candidate : candidates) {
        if (candidate.variable->value.empty()) continue;
        if (!chosen) {
            chosen = &candidate;
        } else if (chosen->is_file || candidate.is_file ||
                   chosen->variable->value != candidate.variable->value) {
            layer.mistakes.push_back(
                {candidate.variable->origin,
                 key.full_name() + ": set by " + chosen->name + " and by " + candidate.name + "; keep one"});
        }
    }
    if (!chosen && !candidates.empty()) chosen = &candidates.front();
    return chosen;
}

void append_from_file(const Key& key, const Candidate& from, const Sources& sources, Layer& layer) {
    const auto& path = from.variable->value;
    auto text = sources.read_file(path);
    if (!text) {
        layer.mistakes.push_back({from.variable->origin, key.full_name() + ": " + path + " (" + from.name +
                                                             ") cannot be read: " + text.error().detail});
        return;
    }
    // Editors end a file with a line break that nobody means to be part of the secret.
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    const auto origin = "file " + path + " (" + from.name + ")";
    layer.values.push_back({&key, from_text(key.rule, *text), origin, origin});
}

void append_values(const Variables& variables, const Sources& sources, Layer& layer) {
    for (const auto& key : schema()) {
        const auto candidates = candidates_for(key, variables);
        const auto* chosen = choose(key, candidates, layer);
        if (!chosen) continue;
        if (chosen->is_file) {
            append_from_file(key, *chosen, sources, layer);
        } else {
            const auto& [value, origin] = *chosen->variable;
            layer.values.push_back({&key, from_text(key.rule, value), origin, origin});
        }
    }
}

}  // namespace

Layer environment_layer(const Sources& sources) {
    Layer layer;
    Variables variables;
    for (const auto& [name, value] : sources.environment) variables[name] = {value, "environment " + name};
    report_unknown(variables, layer);
    append_values(variables, sources, layer);
    return layer;
}

Layer dotenv_layer(const Sources& sources) {
    Layer layer;
    const auto text = sources.read_file(sources.dotenv_file);
    if (!text) {
        if (text.error().failure != Failure::not_found) {
            layer.mistakes.push_back({sources.dotenv_file, "cannot be read: " + text.error().detail});
        }
        return layer;
    }
    const auto content = parse_dotenv(*text);
    const auto place = [&sources](std::size_t line) {
        return sources.dotenv_file + ":" + std::to_string(line);
    };
    for (const auto& problem : content.problems)
        layer.mistakes.push_back({place(problem.line), problem.message});
    Variables variables;
    for (const auto& entry : content.entries) variables[entry.name] = {entry.value, place(entry.line)};
    report_unknown(variables, layer);
    append_values(variables, sources, layer);
    return layer;
}

}  // namespace carillon::config
