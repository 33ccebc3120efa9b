#include "channels/whatsapp_payload.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carillon::channels {
namespace {

const Json* template_of(const Message& message) {
    const auto found = message.content.find("template");
    return found != message.content.end() && found->is_object() ? &*found : nullptr;
}

std::string text_in(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end()) return {};
    if (found->is_string()) return found->get<std::string>();
    return found->is_number_integer() ? found->dump() : std::string{};
}

// Meta refuses parameters with line breaks, tabs or several spaces in a row.
std::string on_one_line(std::string_view text) {
    constexpr std::string_view white = " \t\r\n\v\f";
    std::string line;
    for (const char c : text) {
        if (white.find(c) == white.npos)
            line += c;
        else if (!line.ends_with(' '))
            line += ' ';
    }
    return line;
}

// By name where the template has names, otherwise by place: "1", "2", …
Json parameters_of(const Json& approved) {
    Json body = Json::object();
    const auto list = approved.find("parameters");
    if (list == approved.end() || !list->is_array()) return body;
    int place = 0;
    for (const auto& parameter : *list) {
        ++place;
        if (!parameter.is_object()) continue;
        auto name = text_in(parameter, "name");
        if (name.empty()) name = std::to_string(place);
        body[name] = on_one_line(text_in(parameter, "text"));
    }
    return body;
}

std::string digits_of(std::string_view text) {
    std::string digits;
    for (const char c : text) {
        if (c >= '0' && c <= '9') digits += c;
    }
    return digits;
}

// The names under which such answers carry the number itself; which one is not documented.
constexpr std::array number_fields{"display_phone_number", "phone_number", "number", "phone"};
constexpr std::array id_fields{"phone_number_id", "id"};

std::string id_of(const Json& entry) {
    for (const auto* field : id_fields) {
        if (auto id = text_in(entry, field); !id.empty()) return id;
    }
    return {};
}

bool is_ours(const Json& entry, const std::string& digits) {
    const auto matches = [&](const char* field) { return digits_of(text_in(entry, field)) == digits; };
    // Some put the id where the number is asked for; then it is its own answer.
    return std::any_of(number_fields.begin(), number_fields.end(), matches) || id_of(entry) == digits;
}

}  // namespace

bool may_send_text(const Message& message, Time now) {
    return message.window_open_till && *message.window_open_till > now;
}

bool has_template(const Message& message) {
    const auto* const approved = template_of(message);
    return approved != nullptr && !text_in(*approved, "name").empty();
}

bool too_long_as_text(const Message& message) {
    const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
    const auto characters = std::count_if(message.text.begin(), message.text.end(), begins_character);
    return static_cast<std::size_t>(characters) > whatsapp_text_limit;
}

Json text_data(const Message& message) {
    return Json{{"type", "text"}, {"context", {{"body", message.text}, {"preview_url", false}}}};
}

Json template_data(const Message& message) {
    const auto& approved = *template_of(message);
    auto language = text_in(approved, "language");
    if (language.empty()) language = message.language.empty() ? "en" : message.language;
    Json context{{"template_name", text_in(approved, "name")}, {"language", std::move(language)}};
    if (auto body = parameters_of(approved); !body.empty()) context["body"] = std::move(body);
    return Json{{"type", "template"}, {"context", std::move(context)}};
}

std::string whatsapp_body(const WhatsAppSender& sender, const SplitNumber& to, const DeliveryId& reference,
                          Json data) {
    Json body{{"phone_number_id", sender.phone_number_id},
              {"customer_country_code", to.country},
              {"customer_number", to.national},
              {"data", std::move(data)},
              {"reply_to", nullptr},
              {"myop_ref_id", reference.value()}};
    if (!sender.waba_id.empty()) body["waba_id"] = sender.waba_id;
    return to_text(body);
}

std::string find_phone_number_id(const Json& answer, std::string_view our_number) {
    const auto digits = digits_of(our_number);
    if (digits.empty() || !answer.is_structured()) return {};
    if (answer.is_object() && is_ours(answer, digits)) return id_of(answer);
    for (const auto& inner : answer) {
        if (auto id = find_phone_number_id(inner, digits); !id.empty()) return id;
    }
    return {};
}

}  // namespace carillon::channels
