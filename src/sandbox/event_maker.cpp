#include <algorithm>
#include <utility>

#include "sandbox/receipts.hpp"
#include "sandbox/uuid.hpp"

namespace carillon::sandbox {
namespace {

// Now and then a time carries nine digits, which not every reader of dates takes.
constexpr std::int64_t nine_digits_every = 3;
constexpr int outside_window = 131047;

std::string padded(std::int64_t number, std::size_t digits) {
    auto text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

std::string timestamp(Time time, std::int64_t sequence) {
    if (sequence % nine_digits_every != 0) return to_rfc3339(time);
    const auto second = std::chrono::floor<std::chrono::seconds>(time);
    auto text = to_rfc3339(second);
    text.pop_back();
    return text + "." + padded((time - second).count(), 6) + padded(sequence % 1'000, 3) + "Z";
}

Json failure_details(int code) {
    const auto* title = code == outside_window ? "Re-engagement message" : "Message undeliverable";
    const auto* details = code == outside_window
                              ? "Message failed to send because more than 24 hours have passed since the "
                                "customer last replied to this number."
                              : "Message failed to send.";
    auto errors = Json::array();
    errors.push_back(
        {{"code", code}, {"title", title}, {"message", title}, {"error_data", {{"details", details}}}});
    return errors;
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json{} : Json(text);
}

std::optional<Tick> tick_of(std::string_view status) {
    if (status == "sent") return Tick::sent;
    if (status == "delivered") return Tick::delivered;
    if (status == "read") return Tick::read;
    if (status == "failed") return Tick::failed;
    return std::nullopt;
}

std::vector<std::string_view> statuses_of(const Outgoing& message, const ReceiptBehaviour& behaviour) {
    if (behaviour.mode == ReceiptMode::none) return {};
    if (message.failure) return {"failed"};
    std::vector<std::string_view> statuses{"sent", "delivered"};
    if (behaviour.unknown_kinds) statuses.insert(statuses.begin() + 1, "link_clicked");
    if (behaviour.mode == ReceiptMode::auto_read) statuses.push_back("read");
    return statuses;
}

}  // namespace

std::vector<Receipt> EventMaker::script(const Outgoing& message, const ReceiptBehaviour& behaviour,
                                        Time now) {
    std::vector<Receipt> script;
    for (const auto status : statuses_of(message, behaviour)) {
        now += behaviour.delay;
        auto event = status_event(message, status, behaviour, now);
        const bool lost = behaviour.drop_delivered && status == "delivered";
        const int copies = lost ? 0 : behaviour.duplicates ? 2 : 1;
        script.push_back({std::move(event), tick_of(status), behaviour.delay, copies});
    }
    if (behaviour.reversed) std::reverse(script.begin(), script.end());
    return script;
}

Receipt EventMaker::read_receipt(const Outgoing& message, const ReceiptBehaviour& behaviour, Time now) {
    auto event = status_event(message, "read", behaviour, now);
    return {std::move(event), Tick::read, {}, behaviour.duplicates ? 2 : 1};
}

Json EventMaker::received(const std::string& number, const Contact& contact, const ChatNote& note) {
    Json payload{{"id", note.id},
                 {"status", "received"},
                 {"data", {{"type", note.type}, {"context", {{"body", note.text}}}}}};
    return envelope("message.received", "incoming", number, contact, std::move(payload), note.at);
}

Json EventMaker::status_event(const Outgoing& message, std::string_view status,
                              const ReceiptBehaviour& behaviour, Time now) {
    const bool without_ref = behaviour.null_myop_ref_id || message.myop_ref_id.empty();
    Json payload{{"id", message.message_id},
                 {"status", status},
                 {"myop_ref_id", without_ref ? Json{} : Json(message.myop_ref_id)},
                 {"data", {{"type", message.type}}}};
    if (status == "failed") payload["errors"] = failure_details(message.failure.value_or(0));
    return envelope("message." + std::string{status}, "outgoing", message.number, message.contact,
                    std::move(payload), now);
}

Json EventMaker::envelope(std::string_view type, std::string_view direction, const std::string& number,
                          const Contact& contact, Json payload, Time now) {
    const auto sequence = ++sequence_;
    return {{"event_id", make_uuid()},
            {"company_id", text_or_null(contact.company_id)},
            {"event_type", type},
            {"event_sequence", sequence},
            {"event_version", 1},
            {"timestamp", timestamp(now, sequence)},
            {"channel", "whatsapp"},
            {"direction", direction},
            {"session_id", contact.conversation_id},
            {"system_identifier", text_or_null(contact.phone_number_id)},
            {"customer_identifier", number},
            {"payload", std::move(payload)}};
}

}  // namespace carillon::sandbox
