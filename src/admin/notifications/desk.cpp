#include "admin/notifications/desk.hpp"

#include <carillon/phone.hpp>
#include <utility>

#include "admin/notifications/parse.hpp"
#include "admin/notifications/present.hpp"
#include "http/query.hpp"
#include "notify/history_query.hpp"

namespace carillon::admin {
namespace {

constexpr const char* history_cursor = "messages";
constexpr const char* event_cursor = "event";
constexpr int most_days = 365;

Error no_such_user() {
    return {Failure::not_found, "no such user"};
}

Error wrong_phone(const Error& why) {
    return {Failure::invalid, "The query has parameters that cannot be used.", {{"phone", why.detail}}};
}

Json next_of(const notify::HistoryPage& page) {
    return page.next ? Json(http::make_cursor(history_cursor, *page.next)) : Json{};
}

// The filters that both lists have.
Result<notify::HistoryFilter> read_filter(http::QueryReader& query, const Clock& clock) {
    notify::HistoryFilter filter;
    filter.status = query.choice("status", notify::history_statuses());
    filter.channel = query.text("channel", 64);
    filter.type = query.text("type", 64);
    filter.reference = query.text("reference_id", 512);
    filter.event = query.text("event_id", 64);
    if (const auto days = query.integer("days", 1, most_days))
        filter.since = clock() - std::chrono::days{*days};
    filter.limit = query.limit();
    const auto position = query.cursor(history_cursor);
    if (auto error = query.finish()) return std::move(*error);
    if (!position.is_null() && !position.is_string()) return http::foreign_cursor();
    if (position.is_string()) filter.below = position.get<std::string>();
    return filter;
}

}  // namespace

Desk::Desk(DeskParts parts) : parts_{std::move(parts)} {}

http::Routes Desk::routes() {
    using enum http::Access;
    using enum http::Takes;
    const auto run = [this](Answer (Desk::*handler)(Request&)) -> http::Handler {
        return [this, handler](Request& request) { return (this->*handler)(request); };
    };
    const std::string base = "/api/notifications";
    const auto type = base + "/templates/{type}";
    const auto settings = base + "/settings/{user_id}";
    return {
        {Method::get, base + "/history", staff, nothing, run(&Desk::history)},
        {Method::get, base + "/history/{phone}", staff, nothing, run(&Desk::history_of_phone)},
        {Method::get, base + "/statistics", staff, nothing, run(&Desk::statistics)},
        {Method::get, base + "/why", staff, nothing, run(&Desk::why)},
        {Method::get, base + "/events/{event_id}", staff, nothing, run(&Desk::event)},
        {Method::get, base + "/templates", staff, nothing, run(&Desk::list_templates)},
        {Method::get, type, staff, nothing, run(&Desk::show_template)},
        {Method::put, type, staff, json, run(&Desk::put_template)},
        {Method::get, type + "/versions", staff, nothing, run(&Desk::list_versions)},
        {Method::get, type + "/versions/{version}", staff, nothing, run(&Desk::show_version)},
        {Method::post, type + "/preview", staff, json, run(&Desk::preview)},
        {Method::get, settings, self, nothing, run(&Desk::show_settings)},
        {Method::put, settings, self, json, run(&Desk::put_settings)},
        {Method::get, base + "/{id}", staff, nothing, run(&Desk::message)},
    };
}

asio::awaitable<Result<notify::HistoryFilter>> Desk::history_filter(Request& request) {
    http::QueryReader query{request.query};
    const auto phone = query.text("phone", 64);
    const auto user = query.text("user_id", 512);
    auto filter = read_filter(query, parts_.clock);
    if (filter.has_error()) co_return filter;
    if (phone) {
        const auto number = parse_phone(*phone);
        if (number.has_error()) co_return wrong_phone(number.error());
        filter->phone = number->e164();
    }
    if (user) {
        const auto found = co_await parts_.users.find(*user);
        if (!found) co_return no_such_user();
        filter->user = found->value();
    }
    co_return filter;
}

Desk::Answer Desk::history(Request& request) {
    auto filter = co_await history_filter(request);
    if (filter.has_error()) co_return filter.error();
    const auto page = co_await parts_.journal.history(std::move(*filter));
    co_return json_response(200, history_json(page, next_of(page)));
}

// Of the number, whoever's it was and is; it need not be any user's.
Desk::Answer Desk::history_of_phone(Request& request) {
    const auto number = parse_phone(request.parameter("phone"));
    if (number.has_error()) co_return wrong_phone(number.error());
    http::QueryReader query{request.query};
    auto filter = read_filter(query, parts_.clock);
    if (filter.has_error()) co_return filter.error();
    filter->phone = number->e164();
    const auto page = co_await parts_.journal.history(std::move(*filter));
    co_return json_response(200, history_json(page, next_of(page)));
}

Desk::Answer Desk::message(Request& request) {
    DeliveryId id{request.parameter("id")};
    const auto facts = co_await parts_.journal.message(std::move(id));
    if (!facts) co_return Error{Failure::not_found, "no such message"};
    co_return json_response(200, to_json(*facts));
}

Desk::Answer Desk::event(Request& request) {
    http::QueryReader query{request.query};
    const auto limit = query.limit();
    const auto cursor = query.cursor(event_cursor);
    if (auto error = query.finish()) co_return std::move(*error);
    auto position = event_position_of(cursor);
    if (!position) co_return http::foreign_cursor();

    EventId id{request.parameter("event_id")};
    const auto story = co_await parts_.journal.event(std::move(id), std::move(*position), limit);
    if (!story) co_return Error{Failure::not_found, "no such event"};
    const bool admin = request.caller && request.caller->role == Role::admin;
    const auto payload = admin ? Payload::shown : Payload::hidden;
    const auto next = story->next ? Json(http::make_cursor(event_cursor, to_json(*story->next))) : Json{};
    co_return json_response(200, to_json(*story, payload, next));
}

Desk::Answer Desk::why(Request& request) {
    http::QueryReader query{request.query};
    auto user = query.text("user_id", 512);
    auto event = query.text("event_id", 64);
    if (auto error = query.finish()) co_return std::move(*error);
    std::vector<FieldError> missing;
    if (!user) missing.push_back({"user_id", "is required"});
    if (!event) missing.push_back({"event_id", "is required"});
    if (!missing.empty())
        co_return Error{Failure::invalid, "The query has parameters that cannot be used.",
                        std::move(missing)};

    const auto why = co_await parts_.journal.why(std::move(*user), std::move(*event));
    if (why.unknown())
        co_return Error{Failure::not_found, std::string{notify::name_of(why.verdict)}, why.sentences.back()};
    co_return json_response(200, to_json(why));
}

Desk::Answer Desk::statistics(Request& request) {
    http::QueryReader query{request.query};
    const auto days = static_cast<int>(query.integer("days", 1, most_days).value_or(30));
    if (auto error = query.finish()) co_return std::move(*error);
    const auto report = co_await parts_.statistics.read(days);
    co_return json_response(200, to_json(report, days));
}

Desk::Answer Desk::show_settings(Request& request) {
    const auto user = request.subject ? *request.subject : UserId{request.parameter("user_id")};
    const auto settings = co_await parts_.settings.find(user);
    if (!settings) co_return no_such_user();
    co_return json_response(200, to_json(user, *settings));
}

Desk::Answer Desk::put_settings(Request& request) {
    auto wish = parse_settings(*request.json, parts_.event_types());
    if (wish.has_error()) co_return wish.error();
    const auto user = request.subject ? *request.subject : UserId{request.parameter("user_id")};
    const bool by_self = request.caller && request.caller->user == user;
    notify::SettingsChange change{user, std::move(wish->settings), wish->whatsapp_on && by_self};
    const auto settings = co_await parts_.settings.put(std::move(change));
    if (settings.has_error()) co_return settings.error();
    co_return json_response(200, to_json(user, *settings));
}

}  // namespace carillon::admin
