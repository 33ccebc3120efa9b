#include "realtime/client_message.hpp"

#include <array>
#include <limits>
#include <utility>

namespace carillon::realtime {
namespace {

constexpr std::int64_t any_seq = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t longest_type = 64;
constexpr FieldReader::Text short_text{1, 64};
constexpr FieldReader::Text id_text{1, 128};

using Parsed = Result<ClientMessage>;

Error invalid_fields(Error error) {
    error.code = "invalid_field";
    return error;
}

Parsed checked(FieldReader& reader, ClientMessage message) {
    if (auto error = reader.finish()) return invalid_fields(std::move(*error));
    return message;
}

Parsed ping(const Json& data) {
    return ClientMessage{Ping{data}};
}

Parsed fcm_token(const Json& data) {
    return ClientMessage{FcmToken{data}};
}

// What an app tells of its device is open: what we do not know is none of our business.
Parsed device_info(const Json& data) {
    FieldReader reader{data};
    DeviceInfo info;
    info.device = reader.text("device_id", id_text);
    info.platform = reader.text("platform", short_text);
    info.app_version = reader.text("app_version", short_text);
    info.foreground = reader.boolean("foreground");
    reader.text("os_version", short_text);
    reader.text("model", short_text);
    for (const auto& [name, value] : data.items()) reader.value(name);
    return checked(reader, std::move(info));
}

Parsed mark_read(const Json& data) {
    FieldReader reader{data};
    auto id = reader.required_text("notification_id", id_text);
    MarkRead read;
    read.all = id == "all";
    if (!read.all) read.event = EventId{std::move(id)};
    return checked(reader, std::move(read));
}

Parsed place(const Json& data, std::string_view name, ClientMessage (*make)(std::int64_t)) {
    FieldReader reader{data};
    const auto seq = reader.integer(name, 0, any_seq);
    if (!seq && reader.ok()) reader.fail(name, "is required");
    return checked(reader, make(seq.value_or(0)));
}

Parsed ack(const Json& data) {
    return place(data, "seq", [](std::int64_t seq) { return ClientMessage{Ack{seq}}; });
}

Parsed resume(const Json& data) {
    return place(data, "last_seq", [](std::int64_t seq) { return ClientMessage{Resume{seq}}; });
}

struct Row {
    std::string_view type;
    bool needs_data;
    Parsed (*parse)(const Json& data);
};
constexpr std::array rows{
    Row{"ping", false, ping},
    Row{"fcm_token", true, fcm_token},
    Row{"device_info", true, device_info},
    Row{"mark_read", true, mark_read},
    Row{"ack", true, ack},
    Row{"resume", true, resume},
};

Error unusable(std::string code, std::string why) {
    return {Failure::malformed, std::move(code), std::move(why)};
}

Error stray(const std::string& name) {
    return invalid_fields({Failure::invalid,
                           "The message has members that it cannot have.",
                           {{name, "is not a member of a message; there are type and data"}}});
}

Parsed parse(const Row& row, const Json& said) {
    static const Json nothing = Json::object();
    for (const auto& [name, value] : said.items())
        if (name != "type" && name != "data") return stray(name);
    const auto found = said.find("data");
    const bool given = found != said.end() && !found->is_null();
    if (given && !found->is_object())
        return invalid_fields({Failure::invalid, "The data is no object.", {{"data", "must be an object"}}});
    if (!given && row.needs_data)
        return invalid_fields({Failure::invalid, "The data is missing.", {{"data", "is required"}}});
    return row.parse(given ? *found : nothing);
}

}  // namespace

Said parse_client_message(std::string_view text) {
    Said said;
    const auto json = parse_json(text);
    if (json.has_error()) {
        said.message = unusable("malformed_json", json.error().detail);
        return said;
    }
    const auto type = json->is_object() ? json->find("type") : json->end();
    if (!json->is_object() || type == json->end() || !type->is_string()) {
        said.message = unusable("invalid_message", "A message is an object with a type, a text.");
        return said;
    }
    const auto& name = type->get_ref<const std::string&>();
    if (name.size() <= longest_type) said.type = name;
    for (const auto& row : rows) {
        if (row.type != name) continue;
        said.message = parse(row, *json);
        return said;
    }
    said.message = unusable("unknown_type", "There is no message of this type.");
    return said;
}

}  // namespace carillon::realtime
