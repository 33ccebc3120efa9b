#pragma once
// The configuration file, read into values with their places. Knows nothing of which keys exist.
#include <carillon/json.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::config {

struct Place {
    std::size_t line = 0;
    std::size_t column = 0;
};

struct FileEntry {
    std::string section;  // empty: it stands before the first [section]
    std::string name;     // empty: a section without keys
    Json value;           // a date or a time is a discarded value
    Place place;          // of the name
};

struct FileContent {
    std::vector<FileEntry> entries;  // in the order of the file
    std::string syntax_error;        // empty: there is none; never quotes a value
    Place error_place;
};

[[nodiscard]] FileContent parse_toml(const std::string& text);

}  // namespace carillon::config
