#include "business/users/parse.hpp"

#include <algorithm>
#include <carillon/phone.hpp>
#include <string>
#include <utility>

namespace carillon::business::users {
namespace {

// What is wrong with a text of the right length; nullptr: nothing.
using Check = const char* (*)(std::string_view);

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char* check_line(std::string_view text) {
    if (text.find_first_of("\n\r\t") != std::string_view::npos) return "must not contain control characters";
    if (std::all_of(text.begin(), text.end(), is_blank)) return "must not be blank";
    return nullptr;
}

// An id stands in a path as one segment, so it may be nothing that a path gives a meaning to.
const char* check_id(std::string_view id) {
    if (id.find('/') != std::string_view::npos) return "must not contain '/'";
    if (id == "." || id == ".." || id == "bulk") return "is reserved";
    return check_line(id);
}

// Whether an address exists only its mail server knows; this catches what was never one.
const char* check_email(std::string_view email) {
    constexpr auto complaint = "must be an e-mail address";
    const auto at = email.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == email.size()) return complaint;
    if (email.find('@', at + 1) != std::string_view::npos) return complaint;
    return std::any_of(email.begin(), email.end(), is_blank) ? complaint : nullptr;
}

// The shape of BCP 47: a language of two or three small letters, then subtags of two to eight.
const char* check_locale(std::string_view locale) {
    constexpr auto complaint = "must be a language tag, such as \"en\" or \"fr-CM\"";
    const auto language = locale.substr(0, locale.find('-'));
    const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
    if (language.size() < 2 || language.size() > 3) return complaint;
    if (!std::all_of(language.begin(), language.end(), is_small)) return complaint;
    for (auto rest = locale.substr(language.size()); !rest.empty();) {
        rest.remove_prefix(1);
        const auto subtag = rest.substr(0, rest.find('-'));
        if (subtag.size() < 2 || subtag.size() > 8) return complaint;
        if (!std::all_of(subtag.begin(), subtag.end(), is_alphanumeric)) return complaint;
        rest.remove_prefix(subtag.size());
    }
    return nullptr;
}

// Tokens are opaque, but they travel in JSON and in an index: no spaces, nothing beyond ASCII.
const char* check_token(std::string_view token) {
    const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
    return std::all_of(token.begin(), token.end(), visible) ? nullptr : "must be visible ASCII characters";
}

bool is_null(const Json& body, std::string_view name) {
    if (!body.is_object()) return false;
    const auto member = body.find(name);
    return member != body.end() && member->is_null();
}

std::optional<std::string> read(FieldReader& reader, std::string_view name, std::size_t max, Check check) {
    auto text = reader.text(name, {1, max});
    if (!text) return std::nullopt;
    const char* wrong = check(*text);
    if (wrong == nullptr) return text;
    reader.fail(name, wrong);
    return std::nullopt;
}

FieldChange read_change(FieldReader& reader, const Json& body, std::string_view name, std::size_t max,
                        Check check) {
    auto text = read(reader, name, max, check);
    if (text) return FieldChange{std::move(text)};
    return is_null(body, name) ? FieldChange{std::optional<std::string>{}} : FieldChange{};
}

FieldChange read_phone(FieldReader& reader, const Json& body) {
    constexpr std::size_t longest = 40;  // fifteen digits with room for how people group them
    auto change = read_change(reader, body, "phone", longest, check_line);
    if (!change || !*change) return change;
    const auto phone = parse_phone(**change);
    if (phone.has_value()) return FieldChange{phone->e164()};
    reader.fail("phone", phone.error().detail);
    return FieldChange{};
}

FieldChange read_timezone(FieldReader& reader, const Json& body, const ZoneNames& zones) {
    auto change = read_change(reader, body, "timezone", 64, check_line);
    if (!change || !*change || zones.contains(**change)) return change;
    reader.fail("timezone", "must be the name of a time zone, such as \"Africa/Douala\"");
    return FieldChange{};
}

}  // namespace

Result<UserChange> parse_user_change(const Json& body, const ZoneNames& zones) {
    FieldReader reader{body};
    UserChange change;
    change.id = UserId{read(reader, "id", 128, check_id).value_or(std::string{})};
    change.name = read(reader, "name", 200, check_line);
    if (const auto role = reader.choice("role", role_names())) change.role = role_named(*role);
    for (const std::string_view name : {"name", "role"})
        if (is_null(body, name)) reader.fail(name, "cannot be cleared");
    change.phone = read_phone(reader, body);
    change.email = read_change(reader, body, "email", 254, check_email);
    change.locale = read_change(reader, body, "locale", 35, check_locale);
    change.timezone = read_timezone(reader, body, zones);
    change.area = read_change(reader, body, "area", 200, check_line);
    if (auto error = reader.finish()) return std::move(*error);
    return change;
}

Result<DeviceRegistration> parse_device(const Json& body) {
    constexpr std::size_t longest_token = 2048;  // FCM names no bound; an index row needs one
    FieldReader reader{body};
    DeviceRegistration device;
    auto token = read(reader, "fcm_token", longest_token, check_token);
    auto fid = read(reader, "fid", longest_token, check_token);
    const bool has_token = reader.value("fcm_token") != nullptr;
    const bool has_fid = reader.value("fid") != nullptr;
    if (!has_token && !has_fid) reader.fail("fcm_token", "is required, unless there is a fid");
    if (has_token && has_fid) reader.fail("fid", "must not be given beside fcm_token");
    device.kind = has_token ? TargetKind::token : TargetKind::fid;
    device.token = std::move(token).value_or(std::move(fid).value_or(std::string{}));
    device.platform = reader.choice("platform", {"android", "ios", "web"});
    device.app_version = read(reader, "app_version", 64, check_line);
    if (auto error = reader.finish()) return std::move(*error);
    return device;
}

const std::vector<std::string_view>& role_names() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> all;
        for (const auto role : {Role::admin, Role::service, Role::salesperson, Role::property_manager,
                                Role::customer, Role::provider, Role::delivery_agent})
            all.push_back(name_of(role));
        return all;
    }();
    return names;
}

}  // namespace carillon::business::users
