#include "sandbox/fcm_message.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "sandbox/google.hpp"
#include "sandbox/proto_shape.hpp"

namespace carillon::sandbox {
namespace {

constexpr const char* targets[] = {"token", "fid", "topic", "condition"};
constexpr std::size_t payload_limit = 4096;
constexpr std::size_t topic_payload_limit = 2048;
constexpr double longest_ttl = 2'419'200;  // four weeks
constexpr std::size_t most_topics = 5;

constexpr Field label_fields[] = {{"analytics_label"}};
constexpr Field notification_fields[] = {{"title"}, {"body"}, {"image"}};
constexpr Field color_fields[] = {
    {"red", Kind::decimal}, {"green", Kind::decimal}, {"blue", Kind::decimal}, {"alpha", Kind::decimal}};
constexpr Field light_fields[] = {{"color", Kind::object, color_fields},
                                  {"light_on_duration", Kind::duration},
                                  {"light_off_duration", Kind::duration}};
constexpr Field android_notification_fields[] = {
    {"title"},
    {"body"},
    {"icon"},
    {"color"},
    {"sound"},
    {"tag"},
    {"click_action"},
    {"body_loc_key"},
    {"body_loc_args", Kind::texts},
    {"title_loc_key"},
    {"title_loc_args", Kind::texts},
    {"channel_id"},
    {"ticker"},
    {"sticky", Kind::flag},
    {"event_time", Kind::timestamp},
    {"local_only", Kind::flag},
    {"notification_priority",
     Kind::word,
     {},
     "PRIORITY_UNSPECIFIED PRIORITY_MIN PRIORITY_LOW PRIORITY_DEFAULT PRIORITY_HIGH PRIORITY_MAX"},
    {"default_sound", Kind::flag},
    {"default_vibrate_timings", Kind::flag},
    {"default_light_settings", Kind::flag},
    {"vibrate_timings", Kind::durations},
    {"visibility", Kind::word, {}, "VISIBILITY_UNSPECIFIED PRIVATE PUBLIC SECRET"},
    {"notification_count", Kind::whole},
    {"light_settings", Kind::object, light_fields},
    {"image"},
    {"proxy", Kind::word, {}, "PROXY_UNSPECIFIED ALLOW DENY IF_PRIORITY_LOWERED"},
};
constexpr Field android_fields[] = {
    {"collapse_key"},
    {"priority", Kind::word, {}, "NORMAL HIGH normal high"},
    {"ttl", Kind::duration},
    {"restricted_package_name"},
    {"data", Kind::text_map},
    {"notification", Kind::object, android_notification_fields},
    {"fcm_options", Kind::object, label_fields},
    {"direct_boot_ok", Kind::flag},
    {"bandwidth_constrained_ok", Kind::flag},
    {"restricted_satellite_ok", Kind::flag},
};
constexpr Field apns_options[] = {{"image"}, {"analytics_label"}};
constexpr Field apns_fields[] = {{"headers", Kind::text_map},
                                 {"payload", Kind::any},
                                 {"fcm_options", Kind::object, apns_options},
                                 {"live_activity_token"}};
constexpr Field webpush_options[] = {{"link"}, {"analytics_label"}};
constexpr Field webpush_fields[] = {{"headers", Kind::text_map},
                                    {"data", Kind::text_map},
                                    {"notification", Kind::any},
                                    {"fcm_options", Kind::object, webpush_options}};
constexpr Field message_fields[] = {
    {"name"},
    {"token"},
    {"fid"},
    {"topic"},
    {"condition"},
    {"data", Kind::text_map},
    {"notification", Kind::object, notification_fields},
    {"fcm_options", Kind::object, label_fields},
    {"android", Kind::object, android_fields},
    {"apns", Kind::object, apns_fields},
    {"webpush", Kind::object, webpush_fields},
};
constexpr Field call_fields[] = {{"validate_only", Kind::flag}, {"message", Kind::object, message_fields}};

// The member at the end of the names, or null.
const Json& at(const Json& value, std::initializer_list<const char*> names) {
    static const Json nothing;
    const auto* place = &value;
    for (const auto* name : names) {
        const auto found = place->is_object() ? place->find(name) : place->end();
        if (found == place->end()) return nothing;
        place = &*found;
    }
    return *place;
}

std::string text_at(const Json& value, std::initializer_list<const char*> names) {
    const auto& found = at(value, names);
    return found.is_string() ? found.get<std::string>() : std::string{};
}

Response invalid_argument(std::string_view message, Json details) {
    return google_error(400, "INVALID_ARGUMENT", message, std::move(details));
}

Response misshapen(const ShapeError& error) {
    return invalid_argument(error.message, Json::array({field_detail(error.field, error.message)}));
}

Response objection(std::string_view field, std::string_view message) {
    return invalid_argument(message,
                            Json::array({fcm_detail("INVALID_ARGUMENT"), field_detail(field, message)}));
}

// Opaque, but it has travelled in headers and addresses all its life.
bool looks_like_token(std::string_view token) {
    return !token.empty() &&
           std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool is_topic(std::string_view topic) {
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%";
    return !topic.empty() && topic.find_first_not_of(allowed) == topic.npos;
}

// Every topic is quoted, and nothing else is.
bool is_condition(std::string_view condition) {
    const auto quotes = static_cast<std::size_t>(std::count(condition.begin(), condition.end(), '\''));
    return quotes > 0 && quotes % 2 == 0 && quotes / 2 <= most_topics &&
           condition.find("in topics") != condition.npos;
}

std::optional<Response> check_target(PushMessage& push) {
    for (const auto* name : targets) {
        const auto& value = at(push.message, {name});
        if (value.is_null()) continue;
        if (!push.kind.empty()) return objection("message", "Only one recipient of the message may be set.");
        push.kind = name;
        push.target = value.get<std::string>();
    }
    if (push.kind.empty()) return objection("message", "Recipient of the message is not set.");
    if (push.names_device() && !looks_like_token(push.target))
        return objection("message." + push.kind,
                         "The registration token is not a valid FCM registration token");
    if (push.kind == "topic" && !is_topic(push.target))
        return objection("message.topic", "Invalid topic name.");
    if (push.kind == "condition" && !is_condition(push.target))
        return objection("message.condition", "Invalid condition expression provided.");
    return std::nullopt;
}

bool is_reserved(std::string_view key) {
    return key == "from" || key == "message_type" || key.starts_with("google") || key.starts_with("gcm");
}

std::optional<Response> check_data(const Json& data, const std::string& field) {
    if (!data.is_object()) return std::nullopt;
    for (const auto& [key, value] : data.items())
        if (is_reserved(key)) return objection(field, "Invalid data payload key: " + key);
    return std::nullopt;
}

std::optional<Response> check_ttl(const Json& message) {
    const auto ttl = text_at(message, {"android", "ttl"});
    if (ttl.empty()) return std::nullopt;
    const auto seconds = duration_seconds(ttl).value_or(-1);
    if (seconds >= 0 && seconds <= longest_ttl) return std::nullopt;
    return objection("message.android.ttl", "Invalid ttl: must be within [0s, 2419200s]");
}

std::size_t size_of(const Json& texts) {
    std::size_t size = 0;
    if (!texts.is_object()) return 0;
    for (const auto& [key, value] : texts.items())
        if (value.is_string()) size += key.size() + value.get_ref<const std::string&>().size();
    return size;
}

// Which bytes count is not published: keys and values of what the device is handed.
std::optional<Response> check_size(const PushMessage& push) {
    const auto size = size_of(push.data()) + size_of(at(push.message, {"notification"})) +
                      size_of(at(push.message, {"android", "notification"}));
    const auto limit = push.names_device() ? payload_limit : topic_payload_limit;
    if (size <= limit) return std::nullopt;
    return invalid_argument("Message is too big. Its payload has " + std::to_string(size) +
                                " bytes, the limit is " + std::to_string(limit) + ".",
                            Json::array());
}

std::optional<Response> check_rest(const PushMessage& push) {
    const auto& message = push.message;
    if (auto wrong = check_data(at(message, {"data"}), "message.data")) return wrong;
    if (auto wrong = check_data(at(message, {"android", "data"}), "message.android.data")) return wrong;
    if (auto wrong = check_ttl(message)) return wrong;
    const auto link = text_at(message, {"webpush", "fcm_options", "link"});
    if (!link.empty() && !link.starts_with("https://"))
        return objection("message.webpush.fcm_options.link", "The link must be an HTTPS URL.");
    return check_size(push);
}

}  // namespace

std::string PushMessage::shown_text(const char* name) const {
    auto text = text_at(message, {"android", "notification", name});
    if (text.empty()) text = text_at(message, {"notification", name});
    return text;
}

Json PushMessage::data() const {
    auto data = at(message, {"data"}).is_object() ? at(message, {"data"}) : Json::object();
    if (const auto& more = at(message, {"android", "data"}); more.is_object()) data.update(more);
    return data;
}

std::string PushMessage::collapse_key() const {
    for (const auto& key :
         {text_at(message, {"android", "notification", "tag"}), text_at(message, {"android", "collapse_key"}),
          text_at(message, {"apns", "headers", "apns-collapse-id"}),
          text_at(message, {"webpush", "headers", "Topic"})})
        if (!key.empty()) return key;
    return {};
}

std::variant<PushMessage, Response> read_push(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed)
        return invalid_argument("Invalid JSON payload received. " + parsed.error().detail, Json::array());
    auto shaped = in_shape(*parsed, call_fields, "");
    if (const auto* error = std::get_if<ShapeError>(&shaped)) return misshapen(*error);
    auto& call = std::get<Json>(shaped);
    PushMessage push;
    if (!call.contains("message")) return objection("message", "Recipient of the message is not set.");
    push.message = std::move(call["message"]);
    push.validate_only = call.value("validate_only", false);
    if (auto wrong = check_target(push)) return std::move(*wrong);
    if (auto wrong = check_rest(push)) return std::move(*wrong);
    return push;
}

std::string target_of(const std::variant<PushMessage, Response>& read, std::string_view body) {
    if (const auto* push = std::get_if<PushMessage>(&read)) return push->target;
    const auto parsed = parse_json(body);
    if (!parsed) return {};
    for (const auto* name : targets)
        if (auto target = text_at(*parsed, {"message", name}); !target.empty()) return target;
    return {};
}

}  // namespace carillon::sandbox
