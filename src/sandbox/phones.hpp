#pragma once
// What people would see on their phones: pushed notifications, and the WhatsApp chat.
//
// Threads: the event loop.
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sandbox/fcm_message.hpp"
#include "sandbox/shelf.hpp"

namespace carillon::sandbox {

struct PushNote {
    std::string id;
    std::string collapse_key;
    PushMessage push;
    Time at;
    int replaced = 0;  // how many before it under the same key
};
struct Device {
    std::string kind;  // "token" or "fid"
};

enum class Tick { sent, delivered, read, failed };

struct ChatNote {
    std::string id;
    bool inbound = false;
    std::string type = "text";
    std::string text;               // of a text, or an image's caption
    Json content = Json::object();  // of a template or an image, as it was sent
    std::string myop_ref_id;
    Time at;
    std::optional<Time> sent, delivered, read, failed;
};
struct Contact {
    std::string conversation_id;
    std::string company_id;
    std::string phone_number_id;
    std::optional<Time> last_inbound;
};

class Phones {
public:
    using Chats = Shelf<ChatNote, Contact>;

    // A message with the collapse key of an earlier one takes its place.
    void push(const PushMessage& message, const std::string& id, Time now);

    // A number's chat; made when it is new, with a conversation of its own. Numbers are digits, country code
    // first.
    Chats::Phone& chat(const std::string& number);
    [[nodiscard]] Chats::Phone* known_chat(const std::string& number) { return chats_.find(number); }
    void say(Chats::Phone& chat, ChatNote note) { chats_.add(chat, std::move(note)); }
    // Free text may be sent for a day after the customer's last message.
    [[nodiscard]] static bool window_open(const Contact& contact, Time now);
    void tick(const std::string& number, const std::string& message_id, Tick tick, Time now);
    // Everything that came in and is unread now is read; which messages those were.
    std::vector<ChatNote> read_all(const std::string& number, Time now);

    // {"push": […], "whatsapp": […]}
    [[nodiscard]] Json all() const;
    // One of either kind.
    [[nodiscard]] std::optional<Json> show(const std::string& address);
    void clear();

private:
    Shelf<PushNote, Device> devices_;
    Chats chats_;
};

// "+91 98765 43210" as digits; nothing when it is no number.
[[nodiscard]] std::optional<std::string> digits_of(std::string_view number);

}  // namespace carillon::sandbox
