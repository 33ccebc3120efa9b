#include "admin/notifications/mailbox.hpp"

#include <limits>
#include <string>
#include <utility>

#include "http/query.hpp"

namespace carillon::admin {
namespace {

constexpr std::int64_t any_seq = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t longest_foreground_s = 300;

UserId subject_of(const Request& request) {
    return request.subject ? *request.subject : UserId{request.parameter("user_id")};
}

Json page_json(const notify::Feed::Page& page) {
    Json messages = Json::array();
    for (std::size_t i = 0; i < page.items.size(); ++i) {
        const auto& item = page.items[i];
        messages.push_back({{"type", item.type},
                            {"id", item.event.value()},
                            {"seq", item.seq},
                            {"timestamp", to_rfc3339(item.at)},
                            {"read", static_cast<bool>(page.read[i])},
                            {"data", Json::parse(*item.body)}});
    }
    return {{"messages", messages},
            {"count", page.items.size()},
            {"last_seq", page.last_seq},
            {"first_seq", page.first_seq},
            {"unread_count", page.unread}};
}

}  // namespace

http::Routes Mailbox::routes() {
    using enum http::Access;
    using enum http::Takes;
    const auto run = [this](Answer (Mailbox::*handler)(Request&)) -> http::Handler {
        return [this, handler](Request& request) { return (this->*handler)(request); };
    };
    const std::string base = "/api/feed/{user_id}";
    return {
        {Method::get, base, self, nothing, run(&Mailbox::list)},
        {Method::post, base + "/read", self, json, run(&Mailbox::read)},
        {Method::post, base + "/ack", self, json, run(&Mailbox::acknowledge)},
        {Method::put, base + "/foreground", self, json, run(&Mailbox::show)},
    };
}

Mailbox::Answer Mailbox::list(Request& request) {
    http::QueryReader query{request.query};
    const auto after = query.integer("after", 0, any_seq).value_or(0);
    const auto limit = query.limit();
    if (auto error = query.finish()) co_return std::move(*error);
    auto user = subject_of(request);
    const auto page = co_await feed_.list(std::move(user), after, limit);
    co_return json_response(200, page_json(page));
}

Mailbox::Answer Mailbox::read(Request& request) {
    FieldReader reader{*request.json};
    const auto seq = reader.integer("seq", 1, any_seq);
    const auto up_to = reader.integer("up_to", 1, any_seq);
    if (seq.has_value() == up_to.has_value()) reader.fail("seq", "is required, or up_to; one of them");
    if (auto error = reader.finish()) co_return std::move(*error);
    auto user = subject_of(request);
    notify::Feed::Read done;
    if (seq)
        done = co_await feed_.mark_read(std::move(user), *seq);
    else
        done = co_await feed_.mark_all_read(std::move(user), *up_to);
    co_return json_response(200, {{"marked", done.marked}, {"cancelled", done.cancelled}});
}

Mailbox::Answer Mailbox::acknowledge(Request& request) {
    FieldReader reader{*request.json};
    const auto seq = reader.integer("seq", 0, any_seq);
    auto device = reader.required_text("device", {1, 128});
    if (!seq) reader.fail("seq", "is required");
    if (auto error = reader.finish()) co_return std::move(*error);
    auto user = subject_of(request);
    const auto acked = co_await feed_.acknowledge(std::move(user), std::move(device), *seq);
    co_return json_response(200, {{"acked_seq", acked}});
}

Mailbox::Answer Mailbox::show(Request& request) {
    FieldReader reader{*request.json};
    auto device = reader.required_text("device", {1, 128});
    const auto seconds = reader.integer("seconds", 0, longest_foreground_s);
    if (!seconds) reader.fail("seconds", "is required; 0 when the app is closed");
    if (auto error = reader.finish()) co_return std::move(*error);
    auto user = subject_of(request);
    co_await feed_.show(std::move(user), std::move(device), std::chrono::seconds{*seconds});
    co_return no_content();
}

}  // namespace carillon::admin
