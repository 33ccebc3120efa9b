#pragma once
// A WhatsApp message for MyOperator, checked.
#include <carillon/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace carillon::sandbox {

struct WhatsAppMessage {
    std::string phone_number_id;
    std::string number;  // country code and national number, digits
    std::string myop_ref_id;
    std::string type;               // "template", "text" or "image"
    std::string text;               // of a text, or an image's caption
    Json content = Json::object();  // of a template its context, of an image its fields

    // Anything but an approved template needs the customer's window to be open.
    [[nodiscard]] bool free_form() const { return type != "template"; }
};

// The body of a call, or what is wrong with it: {"field": ["sentence"]}.
[[nodiscard]] std::variant<WhatsAppMessage, Json> read_whatsapp(std::string_view body);

// The number that a body names, however wrong the rest of it is; empty when it names none.
[[nodiscard]] std::string number_in(std::string_view body);

}  // namespace carillon::sandbox
