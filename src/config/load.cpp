#include "config/load.hpp"

#include <algorithm>
#include <set>

#include "config/cross_check.hpp"
#include "config/layers.hpp"
#include "config/rules.hpp"

namespace carillon::config {
namespace {

// Lays one layer after the other over the defaults and remembers where each value came from.
class Loader {
public:
    void lay(const Layer& layer) {
        mistakes_.insert(mistakes_.end(), layer.mistakes.begin(), layer.mistakes.end());
        for (const auto& given : layer.values) {
            const auto name = given.key->full_name();
            if (auto complaint = refusal(*given.key, given.value)) {
                mistakes_.push_back({given.place, std::move(*complaint)});
                refused_.insert(name);
            } else {
                given.key->binding.store(config_, given.value);
                origins_[name] = given.origin;
            }
        }
    }

    void check_together(const std::string& file) {
        for (const auto& conflict : conflicts_in(config_)) {
            // What follows from a mistake already told would only send its reader the wrong way.
            const auto is_refused = [this](const std::string& key) { return refused_.contains(key); };
            if (std::any_of(conflict.keys.begin(), conflict.keys.end(), is_refused)) continue;
            // A default is mended where one would set the key.
            const auto origin = origins_.find(conflict.keys.front());
            mistakes_.push_back({origin == origins_.end() ? file : origin->second, conflict.message});
        }
    }

    Result<Loaded> finish() {
        if (mistakes_.empty()) return Loaded{config_, settings()};
        const auto count = std::to_string(mistakes_.size());
        const auto detail = mistakes_.size() == 1 ? "one mistake in the configuration"
                                                  : count + " mistakes in the configuration";
        return Error{Failure::invalid, detail, std::move(mistakes_)};
    }

private:
    [[nodiscard]] std::string origin_of(const std::string& key) const {
        const auto found = origins_.find(key);
        return found == origins_.end() ? "default" : found->second;
    }

    [[nodiscard]] std::vector<Setting> settings() const {
        std::vector<Setting> all;
        for (const auto& key : schema()) {
            const auto value = key.binding.read(config_);
            all.push_back(
                {key.full_name(), shown(key, value), shown_json(key, value), origin_of(key.full_name())});
        }
        return all;
    }

    Config config_;
    std::map<std::string, std::string> origins_;
    std::set<std::string> refused_;
    std::vector<FieldError> mistakes_;
};

}  // namespace

Result<Loaded> load(const Sources& sources, Scope scope) {
    Loader loader;
    for (auto* layer : {file_layer, dotenv_layer, environment_layer}) loader.lay(layer(sources));
    if (scope == Scope::serving) loader.check_together(sources.file);
    return loader.finish();
}

std::vector<std::string> lines_of(const Error& error) {
    std::vector<std::string> lines;
    for (const auto& mistake : error.fields) lines.push_back(mistake.field + ": " + mistake.message);
    if (lines.empty()) lines.push_back(error.detail);
    return lines;
}

}  // namespace carillon::config
