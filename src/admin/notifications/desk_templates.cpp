#include <charconv>
#include <utility>

#include "admin/notifications/desk.hpp"
#include "admin/notifications/parse.hpp"
#include "admin/notifications/present.hpp"
#include "http/query.hpp"

namespace carillon::admin {
namespace {

constexpr const char* template_cursor = "templates";
constexpr const char* version_cursor = "versions";
constexpr int above_all_versions = 2'000'000'000;

std::optional<notify::TemplateStore::Place> place_of(const Json& position) {
    notify::TemplateStore::Place place;
    if (position.is_null()) return place;
    if (!position.is_array() || position.size() != 3) return std::nullopt;
    for (const auto& part : position)
        if (!part.is_string()) return std::nullopt;
    place.type = position[0].get<std::string>();
    place.channel = position[1].get<std::string>();
    place.language = position[2].get<std::string>();
    return place;
}

notify::TemplateChoice read_choice(http::QueryReader& query, const std::string& type) {
    notify::TemplateChoice choice;
    choice.type = type;
    choice.channel = query.text("channel", 64);
    choice.language = query.text("language", 35);
    return choice;
}

std::optional<int> number_of(const std::string& text) {
    int number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end || number < 1 || number >= above_all_versions)
        return std::nullopt;
    return number;
}

// One more than asked for tells whether the list goes on.
template <class Value>
bool cut(std::vector<Value>& values, int limit) {
    if (values.size() <= static_cast<std::size_t>(limit)) return false;
    values.pop_back();
    return true;
}

}  // namespace

Desk::Answer Desk::list_templates(Request& request) {
    http::QueryReader query{request.query};
    const auto limit = query.limit();
    const auto position = query.cursor(template_cursor);
    if (auto error = query.finish()) co_return std::move(*error);
    auto after = place_of(position);
    if (!after) co_return http::foreign_cursor();

    auto all = co_await parts_.templates.list(std::move(*after), limit + 1);
    Json next;
    if (cut(all, limit)) {
        const auto& last = all.back();
        next = http::make_cursor(template_cursor, Json::array({last.type, last.channel, last.language}));
    }
    Json list = Json::array();
    for (const auto& each : all) list.push_back(to_json(each));
    co_return json_response(200, {{"templates", list}, {"count", all.size()}, {"next_cursor", next}});
}

Desk::Answer Desk::show_template(Request& request) {
    const auto all = co_await parts_.templates.find(request.parameter("type"));
    if (all.empty()) co_return Error{Failure::not_found, "template_missing", "There is no such template."};
    co_return json_response(200, type_json(all));
}

Desk::Answer Desk::put_template(Request& request) {
    auto change = parse_template_change(request.parameter("type"), *request.json);
    if (change.has_error()) co_return change.error();
    change->by = request.caller->user;
    const auto put = co_await parts_.templates.put(std::move(*change));
    if (put.has_error()) co_return put.error();
    co_return json_response(put->created ? 201 : 200, to_json(put->stored));
}

Desk::Answer Desk::list_versions(Request& request) {
    http::QueryReader query{request.query};
    auto choice = read_choice(query, request.parameter("type"));
    const auto limit = query.limit();
    const auto position = query.cursor(version_cursor);
    if (auto error = query.finish()) co_return std::move(*error);
    if (auto error = check_choice(choice)) co_return std::move(*error);
    if (!position.is_null() && !position.is_number_integer()) co_return http::foreign_cursor();
    const auto below = position.is_null() ? above_all_versions : position.get<int>();

    auto versions = co_await parts_.templates.versions(std::move(choice), below, limit + 1);
    if (versions.has_error()) co_return versions.error();
    Json next;
    if (cut(*versions, limit)) next = http::make_cursor(version_cursor, versions->back().version);
    Json list = Json::array();
    for (const auto& each : *versions) list.push_back(to_json(each));
    co_return json_response(200, {{"versions", list}, {"count", versions->size()}, {"next_cursor", next}});
}

Desk::Answer Desk::show_version(Request& request) {
    http::QueryReader query{request.query};
    auto choice = read_choice(query, request.parameter("type"));
    if (auto error = query.finish()) co_return std::move(*error);
    if (auto error = check_choice(choice)) co_return std::move(*error);
    const auto number = number_of(request.parameter("version"));
    if (!number) co_return Error{Failure::not_found, "There is no such version of this template."};
    const auto version = co_await parts_.templates.version(std::move(choice), *number);
    if (version.has_error()) co_return version.error();
    co_return json_response(200, to_json(*version));
}

Desk::Answer Desk::preview(Request& request) {
    auto wish = parse_preview(request.parameter("type"), *request.json);
    if (wish.has_error()) co_return wish.error();
    const auto type = wish->choice.type;
    const auto preview = co_await parts_.templates.preview(std::move(*wish));
    if (preview.has_error()) co_return preview.error();
    co_return json_response(200, to_json(*preview, type));
}

}  // namespace carillon::admin
