#pragma once
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::http {

// Reads a query string parameter by parameter, as FieldReader reads a body: everything wrong is gathered, and
// a parameter nobody asked for is an error, because a misspelt filter would silently list everything.
class QueryReader {
public:
    explicit QueryReader(std::string_view query);

    std::optional<std::string> text(std::string_view name, std::size_t max = 200);
    std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
    std::optional<std::string> choice(std::string_view name, const std::vector<std::string_view>& options);
    // `limit`, 1 to 200, default 50.
    int limit();
    // `cursor` as given out by a list of this kind; null without one.
    Json cursor(std::string_view kind);

    [[nodiscard]] std::optional<Error> finish();

private:
    std::optional<std::string> take(std::string_view name);
    std::vector<std::pair<std::string, std::string>> given_;
    std::set<std::string, std::less<>> known_;
    std::vector<FieldError> errors_;
};

// Opaque to clients: where a list of that kind goes on.
[[nodiscard]] std::string make_cursor(std::string_view kind, const Json& position);
[[nodiscard]] std::optional<Json> read_cursor(std::string_view kind, std::string_view cursor);
// For a cursor of the right kind whose position nobody gave out: as finish() says it of a wrong one.
[[nodiscard]] Error foreign_cursor();

}  // namespace carillon::http
