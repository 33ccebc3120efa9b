#pragma once
// From the file, .env and the environment to one validated Config.
//
// Order, the later one counts: the default, the file, .env, the environment. Every layer is checked, also
// where a later one hides it, and all mistakes are reported at once. Pure: what is outside comes in through
// Sources. from_system() is the real outside.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace carillon::config {

using Environment = std::map<std::string, std::string, std::less<>>;

// The content of a file. Failure::not_found when there is none, anything else when it cannot be read; the
// detail says why, without the path ("Permission denied").
using FileReader = std::function<Result<std::string>(const std::string& path)>;

struct Sources {
    std::string file = "config/carillon.toml";
    bool file_required = false;
    std::string dotenv_file = ".env";
    Environment environment;
    FileReader read_file;
};

// serving: also that the values fit together as a running server needs them. The other commands need less (a
// migration asks for no token key).
enum class Scope { values, serving };

// One key as check-config shows it.
struct Setting {
    std::string key;     // "http.body_bytes"
    std::string value;   // "1048576"; "***" or "(not set)" for a secret
    Json json;           // the same, typed; null for a secret that is not set
    std::string origin;  // "default", "config/carillon.toml:12", ".env:3", "environment NAME", "file PATH
                         // (NAME_FILE)"
};

struct Loaded {
    Config config;
    std::vector<Setting> settings;  // every key, in the order of the schema
};

// On failure Failure::invalid with one field error for each mistake: the field is the place
// ("config/carillon.toml:12:3", "environment NAME"), the message names the key and what was expected.
[[nodiscard]] Result<Loaded> load(const Sources& sources, Scope scope);

// One line for each mistake, "place: message".
[[nodiscard]] std::vector<std::string> lines_of(const Error& error);

// Of this process and this machine.
[[nodiscard]] Environment process_environment();
[[nodiscard]] Result<std::string> read_file(const std::string& path);

}  // namespace carillon::config
