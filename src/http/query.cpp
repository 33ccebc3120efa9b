#include "http/query.hpp"

#include <carillon/bytes.hpp>
#include <algorithm>
#include <charconv>

namespace carillon::http {
namespace {

constexpr const char* unusable = "The query has parameters that cannot be used.";
constexpr const char* not_of_this_list = "is not a cursor of this list";

}  // namespace

QueryReader::QueryReader(std::string_view query) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), PlusIs::space);
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusIs::space);
        if (!name || !value) {
            errors_.push_back({name.value_or("query"), "is not valid percent-encoded UTF-8"});
            continue;
        }
        given_.emplace_back(std::move(*name), std::move(*value));
    }
}

std::optional<std::string> QueryReader::take(std::string_view name) {
    known_.emplace(name);
    const auto matches = [name](const auto& pair) { return pair.first == name; };
    const auto first = std::find_if(given_.begin(), given_.end(), matches);
    if (first == given_.end()) return std::nullopt;
    if (std::find_if(first + 1, given_.end(), matches) != given_.end())
        errors_.push_back({std::string{name}, "is given more than once"});
    return first->second;
}

std::optional<std::string> QueryReader::text(std::string_view name, std::size_t max) {
    auto value = take(name);
    if (value && (value->empty() || value->size() > max)) {
        errors_.push_back({std::string{name}, "must be a text of 1 to " + std::to_string(max) + " bytes"});
        return std::nullopt;
    }
    return value;
}

std::optional<std::int64_t> QueryReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto value = take(name);
    if (!value) return std::nullopt;
    std::int64_t number = 0;
    const auto* end = value->data() + value->size();
    const auto [stop, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc{} || stop != end || number < min || number > max) {
        errors_.push_back({std::string{name}, "must be a whole number from " + std::to_string(min) + " to " +
                                                  std::to_string(max)});
        return std::nullopt;
    }
    return number;
}

std::optional<std::string> QueryReader::choice(std::string_view name,
                                               const std::vector<std::string_view>& options) {
    auto value = take(name);
    if (!value || std::find(options.begin(), options.end(), *value) != options.end()) return value;
    std::string list;
    for (const auto option : options) list.append(list.empty() ? "" : ", ").append(option);
    errors_.push_back({std::string{name}, "must be one of " + list});
    return std::nullopt;
}

int QueryReader::limit() {
    return static_cast<int>(integer("limit", 1, 200).value_or(50));
}

Json QueryReader::cursor(std::string_view kind) {
    const auto value = take("cursor");
    if (!value) return nullptr;
    if (auto position = read_cursor(kind, *value)) return std::move(*position);
    errors_.push_back({"cursor", not_of_this_list});
    return nullptr;
}

std::optional<Error> QueryReader::finish() {
    for (const auto& [name, value] : given_)
        if (!known_.contains(name)) errors_.push_back({name, "is not a parameter of this list"});
    if (errors_.empty()) return std::nullopt;
    return Error{Failure::invalid, unusable, std::move(errors_)};
}

std::string make_cursor(std::string_view kind, const Json& position) {
    Json cursor = Json::array();
    cursor.push_back(kind);
    cursor.push_back(position);
    return to_base64url(to_text(cursor));
}

std::optional<Json> read_cursor(std::string_view kind, std::string_view cursor) {
    if (cursor.size() > 2'000) return std::nullopt;
    const auto text = from_base64url(cursor);
    if (!text) return std::nullopt;
    auto parsed = parse_json(*text);
    if (parsed.has_error()) return std::nullopt;
    auto& value = *parsed;
    if (!value.is_array() || value.size() != 2 || value[0] != kind) return std::nullopt;
    return std::move(value[1]);
}

Error foreign_cursor() {
    return {Failure::invalid, unusable, {{"cursor", not_of_this_list}}};
}

}  // namespace carillon::http
