#include "admin/notifications/parse.hpp"

#include <algorithm>
#include <utility>

namespace carillon::admin {
namespace {

constexpr std::size_t longest_content = 16'000;

bool is_small(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
    return is_small(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

// What stands in a path, a file and a metric: "new_lead".
bool is_name(std::string_view text) {
    const auto fits = [](char c) { return is_small(c) || is_digit(c) || c == '_'; };
    return !text.empty() && text.size() <= 64 && is_small(text.front()) &&
           std::all_of(text.begin(), text.end(), fits);
}

std::vector<std::string_view> channel_names() {
    return {std::begin(notify::optional_channels), std::end(notify::optional_channels)};
}

void check_language(FieldReader& reader, const std::optional<std::string>& language) {
    if (language && !is_language(*language))
        reader.fail("language", "must be a language tag, such as \"en\" or \"fr-CM\"");
}

// An object, or nothing; anything else is an error.
std::optional<Json> object(FieldReader& reader, std::string_view name) {
    const auto* value = reader.value(name);
    if (!value) return std::nullopt;
    if (value->is_object()) return *value;
    reader.fail(name, "must be an object");
    return std::nullopt;
}

std::optional<Error> check_type(const std::string& type) {
    if (is_name(type)) return std::nullopt;
    return Error{Failure::invalid,
                 "The type cannot be used.",
                 {{"type", "must be small letters, digits and underscores, beginning with a letter"}}};
}

// "22:00"; nothing when the text is no time of a day.
bool is_time_of_day(std::string_view text) {
    if (text.size() != 5 || text[2] != ':') return false;
    if (!is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) || !is_digit(text[4])) return false;
    const auto hours = (text[0] - '0') * 10 + (text[1] - '0');
    return hours < 24 && text[3] < '6';
}

void read_channels(FieldReader& reader, SettingsWish& wish) {
    const auto given = object(reader, "channels");
    if (!given) return;
    FieldReader channels{*given};
    for (const auto name : notify::optional_channels) {
        const auto on = channels.boolean(name);
        if (!on) continue;
        if (!*on) wish.settings.channels_off.emplace(name);
        if (*on && name == "whatsapp") wish.whatsapp_on = true;
    }
    if (const auto error = channels.finish())
        for (const auto& field : error->fields) reader.fail("channels." + field.field, field.message);
}

bool is_known(const std::string& muted, const std::vector<std::string>& event_types) {
    const bool family = muted.size() > 2 && muted.ends_with(".*");
    const auto stem = family ? muted.substr(0, muted.size() - 1) : muted;
    return std::any_of(event_types.begin(), event_types.end(), [&](const std::string& type) {
        return family ? type.starts_with(stem) : type == stem;
    });
}

void read_muted(FieldReader& reader, SettingsWish& wish, const std::vector<std::string>& event_types) {
    constexpr std::size_t most = 100;
    const auto* given = reader.value("muted");
    if (!given) return;
    if (!given->is_array() || given->size() > most)
        return reader.fail("muted", "must be a list of at most 100 event types");
    auto& muted = wish.settings.muted;
    for (std::size_t i = 0; i < given->size(); ++i) {
        const auto& item = (*given)[i];
        if (!item.is_string() || !is_known(item.get<std::string>(), event_types)) {
            reader.fail("muted." + std::to_string(i),
                        "must be an event type such as \"lead.created\", or a family such as \"lead.*\"");
            continue;
        }
        if (std::find(muted.begin(), muted.end(), item) == muted.end()) muted.push_back(item);
    }
}

void read_quiet_hours(FieldReader& reader, SettingsWish& wish) {
    const auto given = object(reader, "quiet_hours");
    if (!given) return;
    FieldReader hours{*given};
    notify::QuietHours quiet;
    quiet.from = hours.required_text("from", {1, 8});
    quiet.to = hours.required_text("to", {1, 8});
    quiet.timezone = hours.text("timezone", {1, 64});
    for (const auto& [name, time] : {std::pair{"from", quiet.from}, std::pair{"to", quiet.to}})
        if (!time.empty() && !is_time_of_day(time))
            hours.fail(name, "must be a time of day, such as \"22:00\"");
    if (const auto error = hours.finish())
        for (const auto& field : error->fields) reader.fail("quiet_hours." + field.field, field.message);
    wish.settings.quiet = std::move(quiet);
}

}  // namespace

bool is_language(std::string_view text) {
    const auto language = text.substr(0, text.find('-'));
    if (language.size() < 2 || language.size() > 3 || text.size() > 35) return false;
    if (!std::all_of(language.begin(), language.end(), is_small)) return false;
    for (auto rest = text.substr(language.size()); !rest.empty();) {
        rest.remove_prefix(1);
        const auto subtag = rest.substr(0, rest.find('-'));
        if (subtag.size() < 2 || subtag.size() > 8) return false;
        if (!std::all_of(subtag.begin(), subtag.end(), is_alphanumeric)) return false;
        rest.remove_prefix(subtag.size());
    }
    return true;
}

Result<notify::TemplateChange> parse_template_change(const std::string& type, const Json& body) {
    if (auto error = check_type(type)) return std::move(*error);
    FieldReader reader{body};
    notify::TemplateChange change;
    change.type = type;
    change.channel = reader.choice("channel", channel_names());
    const auto language = reader.text("language", {2, 35});
    check_language(reader, language);
    change.language = language.value_or("en");
    change.content = reader.required_text("content", {1, longest_content});
    change.options = object(reader, "options");
    change.active = reader.boolean("active");
    change.category = reader.text("category", {1, 64});
    if (auto error = reader.finish()) return std::move(*error);
    return change;
}

Result<notify::PreviewRequest> parse_preview(const std::string& type, const Json& body) {
    if (auto error = check_type(type)) return std::move(*error);
    FieldReader reader{body};
    notify::PreviewRequest wish;
    wish.choice.type = type;
    wish.choice.channel = reader.choice("channel", channel_names());
    wish.choice.language = reader.text("language", {2, 35});
    check_language(reader, wish.choice.language);
    wish.context = object(reader, "context").value_or(Json::object());
    wish.content = reader.text("content", {1, longest_content});
    wish.options = object(reader, "options");
    if (auto error = reader.finish()) return std::move(*error);
    return wish;
}

std::optional<Error> check_choice(const notify::TemplateChoice& choice) {
    if (!choice.language || is_language(*choice.language)) return std::nullopt;
    return Error{Failure::invalid,
                 "The query has parameters that cannot be used.",
                 {{"language", "must be a language tag, such as \"en\" or \"fr-CM\""}}};
}

Result<SettingsWish> parse_settings(const Json& body, const std::vector<std::string>& event_types) {
    FieldReader reader{body};
    SettingsWish wish;
    read_channels(reader, wish);
    read_muted(reader, wish, event_types);
    read_quiet_hours(reader, wish);
    wish.settings.language = reader.text("language", {2, 35});
    check_language(reader, wish.settings.language);
    if (const auto minutes = reader.integer("digest_minutes", 1, 1440))
        wish.settings.digest_minutes = static_cast<int>(*minutes);
    // Shown and not set; taken, so that what was read can be sent back.
    for (const auto* shown : {"user_id", "whatsapp_opted_out"}) (void)reader.value(shown);
    if (auto error = reader.finish()) return std::move(*error);
    return wish;
}

Json to_json(const notify::EventPosition& position) {
    return {{"messages", position.messages_end ? Json{} : Json(position.below)},
            {"feed", position.feed_ends ? Json{} : Json::array({position.feed_user, position.feed_seq})}};
}

std::optional<notify::EventPosition> event_position_of(const Json& position) {
    notify::EventPosition from;
    if (position.is_null()) return from;
    if (!position.is_object() || !position.contains("messages") || !position.contains("feed"))
        return std::nullopt;
    const auto& messages = position["messages"];
    const auto& feed = position["feed"];
    from.messages_end = messages.is_null();
    from.feed_ends = feed.is_null();
    if (!from.messages_end) {
        if (!messages.is_string()) return std::nullopt;
        from.below = messages.get<std::string>();
    }
    if (!from.feed_ends) {
        if (!feed.is_array() || feed.size() != 2 || !feed[0].is_string() || !feed[1].is_number_integer())
            return std::nullopt;
        from.feed_user = feed[0].get<std::string>();
        from.feed_seq = feed[1].get<std::int64_t>();
    }
    return from;
}

}  // namespace carillon::admin
