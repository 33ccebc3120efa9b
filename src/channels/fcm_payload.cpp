#include "channels/fcm_payload.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace carillon::channels {
namespace {

using std::chrono::seconds;

constexpr seconds longest_ttl{2'419'200};        // four weeks
constexpr std::size_t longest_collapse_id = 64;  // Apple's

std::string text_in(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

// FCM takes texts only, and refuses the whole message for anything else.
std::string as_text(const Json& value) {
    return value.is_string() ? value.get<std::string>() : to_text(value);
}

Json data_of(const Message& message) {
    Json data = Json::object();
    if (const auto given = message.content.find("data");
        given != message.content.end() && given->is_object()) {
        for (const auto& [name, value] : given->items()) {
            if (!value.is_null()) data[name] = as_text(value);
        }
    }
    data["type"] = message.type;
    data["id"] = message.id.value();
    data["event_id"] = message.event.value();
    if (message.feed_seq > 0) data["seq"] = std::to_string(message.feed_seq);
    return data;
}

Json notification_of(const Message& message) {
    Json notification{{"body", message.text}};
    if (auto title = text_in(message.content, "title"); !title.empty())
        notification["title"] = std::move(title);
    return notification;
}

// The template's, but not beyond the time at which the message is of no more use.
std::optional<seconds> ttl_of(const Message& message, Time now) {
    std::optional<seconds> ttl;
    if (const auto given = message.content.find("ttl_seconds");
        given != message.content.end() && given->is_number_integer())
        ttl = seconds{given->get<std::int64_t>()};
    if (message.expires_at) {
        const auto left = std::chrono::floor<seconds>(*message.expires_at - now);
        ttl = ttl ? std::min(*ttl, left) : left;
    }
    return ttl ? std::optional{std::clamp(*ttl, seconds{0}, longest_ttl)} : std::nullopt;
}

// How one message is told from another on the device: a second copy replaces the first.
std::string tag_of(const Message& message) {
    auto key = text_in(message.content, "collapse_key");
    return key.empty() ? message.id.value() : key;
}

std::string within(std::string text, std::size_t limit) {
    if (text.size() <= limit) return text;
    while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
    text.resize(limit);
    return text;
}

Json android_of(const Message& message, bool high, std::optional<seconds> ttl) {
    Json android{{"priority", high ? "HIGH" : "NORMAL"}, {"notification", {{"tag", tag_of(message)}}}};
    // Never the delivery's id: FCM keeps four keys for a device that is away, and forgets what has a fifth.
    if (auto key = text_in(message.content, "collapse_key"); !key.empty())
        android["collapse_key"] = std::move(key);
    if (ttl) android["ttl"] = std::to_string(ttl->count()) + "s";
    return android;
}

Json apns_of(const Message& message, const Json& notification, bool high, std::optional<seconds> ttl,
             Time now) {
    Json headers{{"apns-priority", high ? "10" : "5"},
                 {"apns-push-type", "alert"},
                 {"apns-collapse-id", within(tag_of(message), longest_collapse_id)}};
    if (ttl) {
        const auto expires = std::chrono::floor<seconds>(now + *ttl).time_since_epoch();
        headers["apns-expiration"] = std::to_string(expires.count());
    }
    const Json aps{{"alert", notification}, {"sound", "default"}};
    return Json{{"headers", std::move(headers)}, {"payload", {{"aps", aps}}}};
}

Json webpush_of(bool high, std::optional<seconds> ttl) {
    Json headers{{"Urgency", high ? "high" : "normal"}};
    if (ttl) headers["TTL"] = std::to_string(ttl->count());
    return Json{{"headers", std::move(headers)}};
}

void add_names(std::string& names, const Json& value) {
    for (const auto& [name, inner] : value.items()) {
        names += name;
        names += inner.is_object() ? '{' : ',';
        if (inner.is_object()) add_names(names, inner);
    }
    names += '}';
}

}  // namespace

Json fcm_body(const Message& message, Time now) {
    const auto high = text_in(message.content, "priority") != "normal";
    const auto ttl = ttl_of(message, now);
    const auto notification = notification_of(message);
    return Json{{"message",
                 {{"data", data_of(message)},
                  {"notification", notification},
                  {"android", android_of(message, high, ttl)},
                  {"apns", apns_of(message, notification, high, ttl, now)},
                  {"webpush", webpush_of(high, ttl)}}}};
}

std::string addressed_to(Json body, const PushTarget& target) {
    body["message"][target.kind] = target.value;
    return to_text(body);
}

std::optional<std::size_t> oversize(const Message& message) {
    const auto bytes = to_text(data_of(message)).size() + to_text(notification_of(message)).size();
    return bytes > fcm_own_limit ? std::optional{bytes} : std::nullopt;
}

std::size_t shape_of(const Json& body, const PushTarget& target) {
    std::string names = target.kind + ':';
    add_names(names, body);
    return std::hash<std::string>{}(names);
}

}  // namespace carillon::channels
