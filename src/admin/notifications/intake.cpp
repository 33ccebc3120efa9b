#include "admin/notifications/intake.hpp"

#include <algorithm>
#include <carillon/phone.hpp>
#include <optional>
#include <utility>

#include "core/nearest.hpp"

namespace carillon::admin {
namespace {

// What has been due for so long is not just busy.
constexpr double worrying_seconds = 300;

Json text_or_null(const std::string& text) {
    return text.empty() ? Json{} : Json(text);
}

void read_recipient(FieldReader& reader, notify::DirectMessage& message) {
    const auto phone = reader.text("phone", {1, 64});
    const auto user = reader.text("user_id", {1, 128});
    if (phone && user) reader.fail("user_id", "stands beside phone; only one of them says who");
    if (!reader.value("phone") && !reader.value("user_id")) reader.fail("phone", "is required, or user_id");
    if (phone) {
        const auto number = parse_phone(*phone);
        if (number.has_error())
            reader.fail("phone", number.error().detail);
        else
            message.to = number->e164();
    } else if (user) {
        message.to = *user;
    }
}

std::string channel_status(const notify::ChannelState& channel) {
    if (!channel.disabled.empty()) return "disabled";
    if (channel.paused) return "paused";
    return channel.breaker == "closed" ? "healthy" : "down";
}

}  // namespace

Result<SendOrder> parse_send(const Json& body) {
    FieldReader reader{body};
    SendOrder order;
    auto& message = order.message;
    read_recipient(reader, message);
    message.message_type = reader.required_text("message_type", {1, 64});
    message.channel = reader.text("channel", {1, 64}).value_or("");
    message.reference_id = reader.text("reference_id", {1, 200}).value_or("");
    order.immediate = reader.boolean("immediate").value_or(false);
    if (const auto* context = reader.value("context"); context && !context->is_null()) {
        if (context->is_object())
            message.context = *context;
        else
            reader.fail("context", "must be an object");
    }
    if (auto error = reader.finish()) return std::move(*error);
    return order;
}

Response send_answer(const notify::Pipeline::Sent& sent, const std::string& reference_id) {
    const auto& message = sent.message;
    Json body{{"id", message.id.value()},
              {"event_id", message.event.value()},
              {"user_id", text_or_null(message.user.value())},
              {"phone", text_or_null(message.phone)},
              {"channel", message.channel},
              {"message_type", message.message_type},
              {"type", message.message_type},
              {"status", message.status},
              {"reason", std::string{name_of(message.reason)}},
              {"detail", text_or_null(sent.detail)},
              {"message_text", message.text},
              {"sent_at", sent.sent_at ? Json(to_rfc3339(*sent.sent_at)) : Json{}},
              {"timestamp", to_rfc3339(sent.sent_at.value_or(message.at))},
              {"reference_id", text_or_null(reference_id)},
              {"provider_message_id", text_or_null(sent.provider_message_id)}};
    const bool waits = message.status == "queued" || message.status == "failed";
    auto response = json_response(waits ? 202 : 200, body);
    response.with("Location", "/api/notifications/" + message.id.value());
    return response;
}

Result<Event> parse_event(const Json& body, const notify::Policy& policy) {
    FieldReader reader{body};
    Event event;
    event.type = reader.required_text("type", {1, 64});
    event.subject = reader.text("subject", {1, 200}).value_or("");
    if (const auto* payload = reader.value("payload"); !payload || !payload->is_object())
        reader.fail("payload", "must be an object");
    else
        event.payload = *payload;
    if (!event.type.empty() && policy.routes_for(event.type).empty()) {
        std::vector<std::string_view> known;
        for (const auto& route : policy.routes()) known.push_back(route.event);
        const auto nearest = nearest_name(event.type, known);
        reader.fail("type",
                    "is in no route of the policy" +
                        (nearest.empty() ? std::string{} : "; did you mean " + std::string{nearest} + "?"));
    }
    if (auto error = reader.finish()) return std::move(*error);
    return event;
}

Json queue_json(const std::vector<notify::QueueEntry>& entries, const notify::QueueNumbers& numbers,
                const Json& next_cursor) {
    Json list = Json::array();
    for (const auto& entry : entries) {
        list.push_back({{"id", entry.id},
                        {"event_id", entry.event_id},
                        {"user_id", text_or_null(entry.user_id)},
                        {"channel", entry.channel},
                        {"type", entry.type},
                        {"state", entry.state},
                        {"reason", entry.reason},
                        {"node", text_or_null(entry.node)},
                        {"attempt", entry.attempt},
                        {"due_at", entry.due ? Json(to_rfc3339(*entry.due)) : Json{}},
                        {"queued_at", to_rfc3339(entry.first_at)}});
    }
    return {{"queue", list},        {"count", entries.size()},    {"next_cursor", next_cursor},
            {"size", numbers.size}, {"overdue", numbers.overdue}, {"oldest_seconds", numbers.oldest_seconds}};
}

Response health_answer(const PipelineHealth& health) {
    Json channels = Json::object();
    bool troubled = health.queue.oldest_seconds > worrying_seconds;
    for (const auto& channel : health.channels) {
        const auto status = channel_status(channel);
        troubled = troubled || status == "down" || status == "paused";
        channels[channel.name] = {{"status", status},
                                  {"detail", text_or_null(channel.disabled)},
                                  {"waiting", channel.waiting},
                                  {"in_flight", channel.in_flight}};
    }
    const char* status = !health.database_up ? "unhealthy" : troubled ? "degraded" : "healthy";
    const char* message = !health.database_up
                              ? "The database is away: what is under way goes on when it is back"
                          : troubled ? "The notification service is running, but not all of it is well"
                                     : "The notification service is running";
    auto response = json_response(
        health.database_up ? 200 : 503,
        {{"status", status},
         {"message", message},
         {"uptime_seconds", std::chrono::duration<double>{health.uptime}.count()},
         {"channels", channels},
         {"queue", {{"size", health.queue.size}, {"oldest_seconds", health.queue.oldest_seconds}}}});
    response.with("Cache-Control", "no-store");
    return response;
}

}  // namespace carillon::admin
