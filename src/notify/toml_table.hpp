#pragma once
// One table of a TOML file, read key by key; what is wrong with it is gathered with its place, so that a
// person is told all at once. The only header that shows toml++: include it in nothing but the readers of
// files.
#include <toml++/toml.h>

#include <carillon/error.hpp>
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::notify {

using Names = std::vector<std::string_view>;

[[nodiscard]] std::string quoted(std::string_view text);
[[nodiscard]] bool among(std::string_view name, const Names& names);
[[nodiscard]] std::string listed(const Names& names);  // "a, b or c"
// " (did you mean push?)", or else what is known.
[[nodiscard]] std::string hint(std::string_view name, const Names& known);

template <class Values>
Names names_of(const Values& values) {
    Names names;
    for (const auto value : values) names.push_back(name_of(value));
    return names;
}

class Faults {
public:
    explicit Faults(std::string_view file) : file_{file} {}

    void add(const toml::source_region& where, std::string message);
    [[nodiscard]] bool empty() const noexcept { return found_.empty(); }
    // Each fault as {"routing.toml:12:3", message}, in the order of the file.
    [[nodiscard]] Error error() const;

private:
    std::string file_;
    std::multimap<std::pair<toml::source_index, toml::source_index>, std::string> found_;
};

// A value that is absent or wrong comes back empty; that it is wrong has then been told.
class TableReader {
public:
    // Any other key than these is a fault.
    TableReader(const toml::table& table, const Names& keys, Faults& faults);

    [[nodiscard]] const toml::node* find(std::string_view key) const { return table_.get(key); }
    [[nodiscard]] int line() const { return static_cast<int>(table_.source().begin.line); }

    std::string text(std::string_view key);
    std::string required(std::string_view key);
    // Words with dots between them: an event's name, a path into its payload.
    std::string dotted(std::string_view key, std::string_view example);
    std::string choice(std::string_view key, const Names& options);
    template <class Values, class Value>
    Value one_of(std::string_view key, const Values& values, Value otherwise) {
        const auto given = choice(key, names_of(values));
        const auto is_given = [&given](Value value) { return name_of(value) == given; };
        const auto chosen = std::find_if(values.begin(), values.end(), is_given);
        return chosen == values.end() ? otherwise : *chosen;
    }
    bool flag(std::string_view key);
    std::optional<std::chrono::seconds> duration(std::string_view key);

    void wrong(std::string_view key, const toml::node& node, std::string_view expected,
               std::string_view question = {});
    void fail(const toml::node& node, std::string message) { faults_.add(node.source(), std::move(message)); }
    void fail(std::string message) { fail(table_, std::move(message)); }  // of the table as a whole

private:
    const toml::table& table_;
    Faults& faults_;
};

}  // namespace carillon::notify
