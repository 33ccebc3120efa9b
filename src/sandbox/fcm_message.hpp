#pragma once
// A message for FCM, checked as strictly as FCM does.
#include <carillon/json.hpp>
#include <carillon/response.hpp>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::sandbox {

struct PushMessage {
    std::string kind;               // "token", "fid", "topic" or "condition"
    std::string target;             // the value of that
    Json message = Json::object();  // as sent, names in snake_case
    bool validate_only = false;

    // Towards a device rather than many.
    [[nodiscard]] bool names_device() const { return kind == "token" || kind == "fid"; }
    // What the device shows and hands to its app: android's own values win, as on an Android phone.
    [[nodiscard]] std::string shown_text(const char* name) const;  // "title", "body"
    [[nodiscard]] Json data() const;
    // What replaces an earlier message on the device; empty: nothing does.
    [[nodiscard]] std::string collapse_key() const;
};

// The body of a call, or FCM's answer of 400 to it.
[[nodiscard]] std::variant<PushMessage, Response> read_push(std::string_view body);

// The device that a body names, however wrong the rest of it is; empty when it names none.
[[nodiscard]] std::string target_of(const std::variant<PushMessage, Response>& read, std::string_view body);

}  // namespace carillon::sandbox
