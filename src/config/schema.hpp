#pragma once
// The one table of everything that can be configured. The file reader, the environment reader, the error
// texts, check-config and the test of config/carillon.toml all follow it: a new key is a field in config.hpp,
// a row in schema.cpp and a line in config/carillon.toml.
#include <carillon/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace carillon::config {

enum class Kind { integer, boolean, text, choice, list, certificates };

// What a text, or each item of a list, must look like.
struct Check {
    bool (*accepts)(std::string_view text);
    std::string_view expected;  // "an absolute http:// or https:// address"
};

struct Rule {
    Kind kind = Kind::text;
    std::int64_t min = 0;  // of an integer
    std::int64_t max = 0;
    std::vector<std::string_view> options = {};  // of a choice
    Check check = {};                            // of a text or of the items of a list
};

// What may be shown of a value. url: all but the password in it.
enum class Disclosure { open, hidden, url };

// How a value gets into its field and out again. store() is only given what the rule has accepted.
struct Binding {
    void (*store)(Config& config, const Json& value);
    Json (*read)(const Config& config);
};

struct Key {
    std::string_view section;
    std::string_view name;
    Rule rule;
    Binding binding;
    std::string_view about;  // one line, as in config/carillon.toml
    Disclosure disclosure = Disclosure::open;
    std::vector<std::string_view> other_names = {};  // in the environment, besides CARILLON_SECTION_NAME

    [[nodiscard]] std::string full_name() const;         // "http.body_bytes"
    [[nodiscard]] std::string environment_name() const;  // "CARILLON_HTTP_BODY_BYTES"
    // A secret may also be given as the name of a file that holds it.
    [[nodiscard]] bool may_be_in_file() const noexcept { return disclosure != Disclosure::open; }
};

[[nodiscard]] const std::vector<Key>& schema();
[[nodiscard]] const Key* find_key(std::string_view section, std::string_view name);

}  // namespace carillon::config
