#include "app/shell.hpp"

#include <algorithm>

namespace carillon::app {
namespace {

// Columns are counted in characters: a byte that goes on with one (10xxxxxx) takes no place of its own.
std::size_t width_of(const std::string& text) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}

}  // namespace

void Shell::print(const Json& value) {
    // What came from the environment may not be UTF-8; that must not keep us from showing the rest.
    out << value.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

void Shell::print_table(const std::vector<std::vector<std::string>>& rows) {
    constexpr std::size_t gap = 2;
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i)
            line += row[i] + std::string(widths[i] + gap - width_of(row[i]), ' ');
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
}

int Shell::fail(const Error& error, ExitCode code) {
    if (json) {
        auto mistakes = Json::array();
        for (const auto& [place, message] : error.fields)
            mistakes.push_back({{"place", place}, {"message", message}});
        print({{"error", error.detail}, {"mistakes", std::move(mistakes)}});
        return code;
    }
    err << "carillon: " << error.detail << (error.fields.empty() ? "\n" : ":\n");
    for (const auto& [place, message] : error.fields) err << "  " << place << ": " << message << '\n';
    return code;
}

}  // namespace carillon::app
