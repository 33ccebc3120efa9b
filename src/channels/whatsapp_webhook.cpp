#include "channels/whatsapp_webhook.hpp"

#include <algorithm>
#include <array>
#include <carillon/phone.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "channels/scrubber.hpp"
#include "channels/whatsapp_codes.hpp"

namespace carillon::channels {
namespace {

constexpr std::size_t longest_text = 65'536;
constexpr std::size_t longest_detail = 500;
constexpr std::size_t longest_id = 200;
// What can change a message, and so is nothing without its payload.
constexpr std::array<std::string_view, 5> known_kinds{"received", "sent", "delivered", "read", "failed"};

// The first of these that is a text or a number.
std::string text_at(const Json& object, std::initializer_list<const char*> names) {
    if (!object.is_object()) return {};
    for (const char* name : names) {
        const auto found = object.find(name);
        if (found == object.end()) continue;
        if (found->is_string()) return found->get<std::string>();
        if (found->is_number_integer()) return found->dump();
    }
    return {};
}

const Json& part(const Json& object, const char* name) {
    static const Json nothing;
    if (!object.is_object()) return nothing;
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

// Where the error stands inside a failed event is not written down anywhere: it is looked for.
const Json& error_in(const Json& payload) {
    for (const char* name : {"errors", "error"}) {
        const auto& found = part(payload, name);
        if (found.is_array() && !found.empty()) return found.front();
        if (found.is_object()) return found;
    }
    const auto& data = part(payload, "data");
    return data.is_object() && !data.empty() && &data != &payload ? error_in(data) : payload;
}

struct Failing {
    Reason reason = Reason::receipt_failed;
    std::string detail;
};

Failing failing_of(const Json& payload) {
    const auto& error = error_in(payload);
    Failing failing;
    const auto code = text_at(error, {"code", "error_code"});
    const auto words = text_at(error, {"title", "message", "reason", "details"});
    // The words go into the journal, which shows no number in full.
    const auto detail = without_numbers((code.empty() ? "" : code + ": ") + words);
    failing.detail = shortened(detail, longest_detail);
    std::optional<Ruling> ruling;
    if (!code.empty() && code.find_first_not_of("0123456789") == code.npos && code.size() < 9)
        ruling = ruling_of_meta(std::stoi(code));
    else if (!code.empty())
        ruling = ruling_of_myoperator(code);
    if (ruling) failing.reason = ruling->reason;
    return failing;
}

Result<ProviderNews> read_text(Receipt&& envelope, const Json& payload, const std::string& customer) {
    const auto phone = parse_phone(customer.starts_with('+') ? customer : "+" + customer);
    if (phone.has_error())
        return Error{Failure::invalid,
                     "customer_identifier is no phone number",
                     {{"customer_identifier", "is no phone number"}}};
    const auto& data = part(payload, "data");
    const auto& context = part(data, "context");
    InboundText inbound;
    inbound.provider = std::move(envelope.provider);
    inbound.event_id = std::move(envelope.event_id);
    // A picture is told twice, as two events: the second time with its link. It is one message all the same.
    if (const auto id = text_at(payload, {"id"}); !id.empty() && id.size() <= longest_id)
        inbound.event_id = "msg:" + id;
    inbound.phone = phone->e164();
    inbound.text = text_at(context, {"body", "text", "caption", "title"});
    if (inbound.text.empty()) inbound.text = text_at(part(data, "text"), {"body"});
    // A picture has no words; that one came still opens the window and belongs to the conversation.
    if (inbound.text.empty())
        inbound.text = "[" + text_at(data, {"type"}) + "] " + text_at(context, {"link"});
    if (inbound.text.size() > longest_text)
        return Error{Failure::too_large, "the text is longer than a message can be"};
    inbound.occurred_at = envelope.occurred_at;
    inbound.body = std::move(envelope.body);
    return ProviderNews{std::move(inbound)};
}

// Their one webhook tells of calls too, and of what our own people write in their panel. Such an event keeps
// its whole name, which changes nothing.
std::string kind_of(const std::string& type, const std::string& channel, const std::string& direction) {
    const auto dot = type.rfind('.');
    const auto suffix = dot == type.npos ? type : type.substr(dot + 1);
    const auto whole = dot == type.npos ? "other." + type : type;
    if (!channel.empty() && channel != "whatsapp") return whole;
    if (suffix != "received") return suffix;
    const auto is_incoming = direction == "incoming" || (direction.empty() && channel == "whatsapp");
    return is_incoming ? suffix : whole;
}

bool is_known(std::string_view kind) {
    return std::find(known_kinds.begin(), known_kinds.end(), kind) != known_kinds.end();
}

}  // namespace

Result<ProviderNews> read_myoperator_event(const Json& body) {
    FieldReader reader{body};
    Receipt receipt;
    receipt.provider = "whatsapp";
    receipt.event_id = reader.required_text("event_id", {1, longest_id});
    const auto type = reader.required_text("event_type", {1, 100});
    const auto timestamp = reader.required_text("timestamp", {1, 64});
    const auto customer = reader.text("customer_identifier", {0, 64}).value_or("");
    const auto channel = reader.text("channel", {0, 64}).value_or("");
    const auto direction = reader.text("direction", {0, 64}).value_or("");
    for (const char* name :
         {"company_id", "event_sequence", "event_version", "session_id", "system_identifier"})
        reader.value(name);
    receipt.kind = kind_of(type, channel, direction);
    reader.value("payload");
    const auto& payload = part(body, "payload");
    if (!payload.is_object() && (is_known(receipt.kind) || !payload.is_null()))
        reader.fail("payload", "must be an object");
    const auto time = parse_rfc3339(timestamp);
    if (!timestamp.empty() && time.has_error()) reader.fail("timestamp", time.error().detail);
    // More fields than the documented twelve are the provider's affair.
    if (!reader.ok()) return *reader.finish();

    receipt.occurred_at = *time;
    receipt.body = body;
    if (receipt.kind == "received") return read_text(std::move(receipt), payload, customer);
    receipt.provider_message_id = text_at(payload, {"id", "message_id"});
    receipt.delivery_id = text_at(payload, {"myop_ref_id"});
    if (receipt.delivery_id.empty()) receipt.delivery_id = text_at(body, {"myop_ref_id"});
    if (receipt.kind == "failed") {
        auto failing = failing_of(payload);
        receipt.reason = failing.reason;
        receipt.detail = std::move(failing.detail);
    }
    return ProviderNews{std::move(receipt)};
}

}  // namespace carillon::channels
