#pragma once
// A .env file: NAME=value lines, as docker and the shells know them. Nothing is expanded or run.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::config {

struct DotenvEntry {
    std::string name;
    std::string value;
    std::size_t line = 0;
};

struct DotenvProblem {
    std::size_t line = 0;
    std::string message;  // never any of the line itself: it may be a secret
};

struct Dotenv {
    std::vector<DotenvEntry> entries;  // in the order of the file; of two with one name the later counts
    std::vector<DotenvProblem> problems;
};

// `export ` before a name, spaces around '=', comments (a '#' at the start or after a space), LF and CRLF.
// 'single quotes' are taken as they are, "double quotes" know \n \r \t \" \\ \$; both may span lines.
[[nodiscard]] Dotenv parse_dotenv(std::string_view text);

}  // namespace carillon::config
