#pragma once
// What a provider tells us by itself, after or without a message of ours: a channel reads it out of the
// provider's words, the pipeline acts on it.
#include <carillon/json.hpp>
#include <carillon/reason.hpp>
#include <carillon/time.hpp>
#include <string>
#include <variant>

namespace carillon {

// What became of a message.
struct Receipt {
    std::string provider;  // the channel's name
    std::string event_id;  // the provider's; the same twice is the same receipt
    std::string kind;      // "sent", "delivered", "read", "failed"; others are kept and change nothing
    std::string provider_message_id;
    std::string delivery_id;       // our own id, where the provider gives it back
    Reason reason = Reason::none;  // of "failed"
    std::string detail;            // of "failed", in the provider's words
    Time occurred_at;
    Json body;
};

// A person wrote.
struct InboundText {
    std::string provider;
    std::string event_id;
    std::string phone;  // E.164
    std::string text;
    Time occurred_at;
    Json body;
};

using ProviderNews = std::variant<Receipt, InboundText>;

}  // namespace carillon
