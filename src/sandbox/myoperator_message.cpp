#include "sandbox/myoperator_message.hpp"

#include <algorithm>
#include <utility>

namespace carillon::sandbox {
namespace {

constexpr std::size_t longest_text = 4'096;

bool is_digits(std::string_view text, std::size_t min, std::size_t max) {
    return text.size() >= min && text.size() <= max &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

const Json& member(const Json& object, const char* name) {
    static const Json nothing;
    const auto found = object.is_object() ? object.find(name) : object.end();
    return found == object.end() ? nothing : *found;
}

std::string text_of(const Json& object, const char* name) {
    const auto& value = member(object, name);
    return value.is_string() ? value.get<std::string>() : std::string{};
}

// Reads one body and gathers what is wrong with it.
class Reader {
public:
    explicit Reader(const Json& body) : body_{body} {}

    WhatsAppMessage message;
    Json errors = Json::object();

    void read() {
        message.phone_number_id = digits(body_, "phone_number_id", 5, 30);
        const auto country = digits(body_, "customer_country_code", 1, 4);
        message.number = country + digits(body_, "customer_number", 4, 14);
        optional_text("myop_ref_id");
        optional_text("reply_to");
        if (!member(body_, "waba_id").is_null()) digits(body_, "waba_id", 5, 30);
        const auto& trail = member(body_, "trail");
        if (!trail.is_null() && !trail.is_object()) wrong("trail", "must be an object");
        message.myop_ref_id = text_of(body_, "myop_ref_id");
        read_data();
    }

private:
    void wrong(const std::string& field, const char* why) { errors[field].push_back(why); }

    std::string digits(const Json& object, const char* name, std::size_t min, std::size_t max) {
        auto text = text_of(object, name);
        if (!is_digits(text, min, max)) wrong(name, "must be a text of digits only");
        return text;
    }

    void optional_text(const char* name) {
        const auto& value = member(body_, name);
        if (!value.is_null() && !value.is_string()) wrong(name, "must be a text or null");
    }

    void read_data() {
        const auto& data = member(body_, "data");
        message.type = text_of(data, "type");
        if (message.type == "template")
            read_template(data);
        else if (message.type == "text")
            read_text(data);
        else if (message.type == "image")
            read_image(data);
        else
            wrong("data.type", "must be template, text or image");
        // Some accounts answer it with 500; here at least it is told.
        if (!member(data, "language").is_null()) wrong("data.language", "belongs into data.context");
    }

    void read_template(const Json& data) {
        const auto& context = member(data, "context");
        if (text_of(context, "template_name").empty()) wrong("data.context.template_name", "is required");
        if (text_of(context, "language").empty()) wrong("data.context.language", "is required");
        read_parameters(member(context, "body"));
        const auto& header = member(context, "header");
        if (!header.is_null() && text_of(header, "media_url").empty())
            wrong("data.context.header.media_url", "is required in a header");
        read_buttons(member(context, "buttons"));
        message.content = context;
    }

    // {"1": "…"} or {"name": "…"}; Meta takes no empty parameter.
    void read_parameters(const Json& body) {
        if (body.is_null()) return;
        if (!body.is_object()) return wrong("data.context.body", "must be an object of texts");
        for (const auto& [name, value] : body.items())
            if (!value.is_string() || value.get_ref<const std::string&>().empty())
                wrong("data.context.body." + name, "must be a text that is not empty");
    }

    void read_buttons(const Json& buttons) {
        if (buttons.is_null()) return;
        if (!buttons.is_array()) return wrong("data.context.buttons", "must be a list");
        for (const auto& button : buttons)
            if (!member(button, "index").is_number_unsigned())
                wrong("data.context.buttons", "each needs an index from 0");
    }

    void read_text(const Json& data) {
        const auto& context = member(data, "context");
        message.text = text_of(context, "body");
        if (message.text.empty() || message.text.size() > longest_text)
            wrong("data.context.body", "must be a text of 1 to 4096 bytes");
        const auto& preview = member(context, "preview_url");
        if (!preview.is_null() && !preview.is_boolean())
            wrong("data.context.preview_url", "must be true or false");
    }

    void read_image(const Json& data) {
        if (!text_of(data, "link").starts_with("https://")) wrong("data.link", "must be an HTTPS URL");
        for (const auto* name : {"filename", "caption", "mime_type"})
            if (const auto& value = member(data, name); !value.is_null() && !value.is_string())
                wrong(std::string{"data."} + name, "must be a text");
        message.text = text_of(data, "caption");
        message.content = data;
        if (message.content.is_object()) message.content.erase("type");
    }

    const Json& body_;
};

}  // namespace

std::variant<WhatsAppMessage, Json> read_whatsapp(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed || !parsed->is_object()) {
        auto errors = Json::object();
        errors["body"].push_back("must be a JSON object");
        return errors;
    }
    Reader reader{*parsed};
    reader.read();
    if (!reader.errors.empty()) return std::move(reader.errors);
    return std::move(reader.message);
}

std::string number_in(std::string_view body) {
    const auto parsed = parse_json(body);
    if (!parsed) return {};
    return text_of(*parsed, "customer_country_code") + text_of(*parsed, "customer_number");
}

}  // namespace carillon::sandbox
