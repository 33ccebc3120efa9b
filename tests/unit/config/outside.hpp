#pragma once
// A machine made of texts: the files and the environment that load() is given.
#include <map>
#include <string>

#include "config/load.hpp"

namespace carillon::config {

inline constexpr const char* signing_key = "0123456789abcdef0123456789abcdef";

struct Outside {
    std::map<std::string, std::string> files;
    Environment environment;
    std::string file = "carillon.toml";
    bool file_required = false;

    Outside& with_file(const std::string& path, std::string text) {
        files[path] = std::move(text);
        return *this;
    }
    Outside& with_toml(std::string text) { return with_file(file, std::move(text)); }
    Outside& with_dotenv(std::string text) { return with_file(".env", std::move(text)); }
    Outside& with(const std::string& name, std::string value) {
        environment[name] = std::move(value);
        return *this;
    }

    [[nodiscard]] Result<Loaded> load(Scope scope = Scope::values) const {
        Sources sources;
        sources.file = file;
        sources.file_required = file_required;
        sources.environment = environment;
        sources.read_file = [this](const std::string& path) -> Result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return Error{Failure::not_found, "No such file or directory"};
            if (found->second == "<locked>") return Error{Failure::forbidden, "Permission denied"};
            return found->second;
        };
        return config::load(sources, scope);
    }

    // What is wrong, one line each.
    [[nodiscard]] std::vector<std::string> mistakes(Scope scope = Scope::values) const {
        const auto loaded = load(scope);
        return loaded ? std::vector<std::string>{} : lines_of(loaded.error());
    }

    // Throws when the configuration is refused, which fails the test with the reason.
    [[nodiscard]] Config config() const { return load().value().config; }

    [[nodiscard]] Setting setting(const std::string& key) const {
        for (auto& setting : load().value().settings) {
            if (setting.key == key) return setting;
        }
        throw std::logic_error{"no such key: " + key};
    }
};

}  // namespace carillon::config
