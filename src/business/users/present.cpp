#include "business/users/present.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace carillon::business::users {
namespace {

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += out.empty() || out.back() == '{' ? "\"" : ",\"";
    out += name;
    out += "\":";
    append_quoted(out, text);
}

void append_optional(std::string& out, std::string_view name, const std::optional<std::string>& text) {
    if (text) return append_member(out, name, *text);
    out += ",\"";
    out += name;
    out += "\":null";
}

void append_json(std::string& out, const User& user) {
    out += '{';
    append_member(out, "id", user.id.value());
    append_member(out, "name", user.name);
    append_optional(out, "phone", user.phone);
    append_optional(out, "email", user.email);
    append_member(out, "role", name_of(user.role));
    append_optional(out, "locale", user.locale);
    append_optional(out, "timezone", user.timezone);
    append_optional(out, "area", user.area);
    append_member(out, "created_at", to_rfc3339(user.created_at));
    append_member(out, "updated_at", to_rfc3339(user.updated_at));
    out += '}';
}

void append_json(std::string& out, const Device& device) {
    out += '{';
    append_member(out, "id", device.id.value());
    append_optional(out, "platform", device.platform);
    append_optional(out, "app_version", device.app_version);
    append_member(out, "token_tail", device.token_tail);
    append_member(out, "created_at", to_rfc3339(device.created_at));
    append_member(out, "last_seen_at", to_rfc3339(device.last_seen_at));
    out += '}';
}

template <class Item>
void append_list(std::string& out, const std::vector<Item>& items) {
    out += '[';
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, items[i]);
    }
    out += ']';
}

Response answer(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

}  // namespace

Response user_answer(int status, const User& user) {
    std::string body;
    append_json(body, user);
    return answer(status, std::move(body));
}

Response user_list_answer(const std::vector<User>& users, const std::optional<std::string>& next_cursor) {
    std::string body = "{\"users\":";
    append_list(body, users);
    append_optional(body, "next_cursor", next_cursor);
    body += '}';
    return answer(200, std::move(body));
}

Response device_answer(int status, const Device& device) {
    std::string body;
    append_json(body, device);
    return answer(status, std::move(body));
}

Response device_list_answer(const std::vector<Device>& devices) {
    std::string body = "{\"devices\":";
    append_list(body, devices);
    body += '}';
    return answer(200, std::move(body));
}

std::string path_of(const UserId& user) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    constexpr std::string_view unreserved =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    std::string path = "/api/users/";
    for (const char c : user.value()) {
        if (unreserved.find(c) != std::string_view::npos) {
            path += c;
            continue;
        }
        const auto byte = static_cast<std::uint8_t>(c);
        path += '%';
        path += digits[byte >> 4U];
        path += digits[byte & 15U];
    }
    return path;
}

}  // namespace carillon::business::users
