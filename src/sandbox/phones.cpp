#include "sandbox/phones.hpp"

#include <algorithm>
#include <carillon/phone.hpp>
#include <utility>

#include "sandbox/uuid.hpp"

namespace carillon::sandbox {
namespace {

constexpr std::chrono::hours window{24};

Json time_or_null(const std::optional<Time>& time) {
    return time ? Json(to_rfc3339(*time)) : Json{};
}
Json text_or_null(const std::string& text) {
    return text.empty() ? Json{} : Json(text);
}

Json member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found == object.end() ? Json{} : *found;
}

Json shown(const PushNote& note) {
    const auto& message = note.push.message;
    const auto android = message.value("android", Json::object());
    return {{"id", note.id},
            {"title", text_or_null(note.push.shown_text("title"))},
            {"body", text_or_null(note.push.shown_text("body"))},
            {"data", note.push.data()},
            {"collapse_key", text_or_null(note.collapse_key)},
            {"replaced", note.replaced},
            {"priority", member(android, "priority")},
            {"ttl", member(android, "ttl")},
            {"apns", member(message, "apns")},
            {"received_at", to_rfc3339(note.at)}};
}

Json shown(const ChatNote& note) {
    return {{"id", note.id},
            {"direction", note.inbound ? "inbound" : "outbound"},
            {"type", note.type},
            {"text", text_or_null(note.text)},
            {note.type == "template" ? "template" : "content", note.content.empty() ? Json{} : note.content},
            {"myop_ref_id", text_or_null(note.myop_ref_id)},
            {"at", to_rfc3339(note.at)},
            {"sent_at", time_or_null(note.sent)},
            {"delivered_at", time_or_null(note.delivered)},
            {"read_at", time_or_null(note.read)},
            {"failed_at", time_or_null(note.failed)}};
}

template <class Phone>
Json messages_of(const Phone& phone) {
    auto messages = Json::array();
    for (const auto& note : phone.notes) messages.push_back(shown(note));
    return messages;
}

Json shown(const Shelf<PushNote, Device>::Phone& device) {
    return {{"token", device.address}, {"kind", device.about.kind}, {"messages", messages_of(device)}};
}

Json shown(const Phones::Chats::Phone& chat) {
    return {{"number", chat.address},
            {"conversation_id", chat.about.conversation_id},
            {"last_inbound_at", time_or_null(chat.about.last_inbound)},
            {"messages", messages_of(chat)}};
}

template <class List>
Json all_of(const List& phones) {
    auto list = Json::array();
    for (const auto& phone : phones) list.push_back(shown(phone));
    return list;
}

}  // namespace

void Phones::push(const PushMessage& message, const std::string& id, Time now) {
    auto& device = devices_.touch(message.target);
    device.about.kind = message.kind;
    PushNote note{id, message.collapse_key(), message, now, 0};
    if (!note.collapse_key.empty()) {
        devices_.remove(device, [&note](const PushNote& earlier) {
            if (earlier.collapse_key != note.collapse_key) return false;
            note.replaced += earlier.replaced + 1;
            return true;
        });
    }
    devices_.add(device, std::move(note));
}

Phones::Chats::Phone& Phones::chat(const std::string& number) {
    auto& chat = chats_.touch(number);
    if (chat.about.conversation_id.empty()) chat.about.conversation_id = make_uuid();
    return chat;
}

bool Phones::window_open(const Contact& contact, Time now) {
    return contact.last_inbound && now < *contact.last_inbound + window;
}

void Phones::tick(const std::string& number, const std::string& message_id, Tick tick, Time now) {
    auto* chat = chats_.find(number);
    if (!chat) return;
    const auto note = std::find_if(chat->notes.begin(), chat->notes.end(),
                                   [&](const ChatNote& each) { return each.id == message_id; });
    if (note == chat->notes.end()) return;
    switch (tick) {
        case Tick::sent: note->sent = now; break;
        case Tick::delivered: note->delivered = now; break;
        case Tick::read: note->read = now; break;
        case Tick::failed: note->failed = now; break;
    }
}

std::vector<ChatNote> Phones::read_all(const std::string& number, Time now) {
    std::vector<ChatNote> read;
    auto* chat = chats_.find(number);
    if (!chat) return read;
    for (auto& note : chat->notes) {
        if (note.inbound || note.read || note.failed) continue;
        note.read = now;
        read.push_back(note);
    }
    return read;
}

Json Phones::all() const {
    return {{"push", all_of(devices_.phones())}, {"whatsapp", all_of(chats_.phones())}};
}

std::optional<Json> Phones::show(const std::string& address) {
    if (const auto* device = devices_.find(address)) return shown(*device);
    const auto number = digits_of(address);
    if (const auto* chat = number ? chats_.find(*number) : nullptr) return shown(*chat);
    return std::nullopt;
}

void Phones::clear() {
    devices_.clear();
    chats_.clear();
}

std::optional<std::string> digits_of(std::string_view number) {
    const auto phone = parse_phone(number);
    if (!phone) return std::nullopt;
    return phone->digits();
}

}  // namespace carillon::sandbox
