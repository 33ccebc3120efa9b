#pragma once
// What MyOperator and, behind it, Meta answer, and what it means.
#include <optional>
#include <string>
#include <string_view>

#include "channels/provider_codes.hpp"
#include "outbound/client.hpp"

namespace carillon::channels {

struct WhatsAppAnswer {
    int status = 0;
    bool says_null = false;    // {"message": null}: the account is not set up
    bool says_failed = false;  // in a 2xx
    std::string message_id;    // when they took it
    std::string conversation_id;
    std::string code;              // "CHAT_4001", "131056", or what else they say
    std::string message;           // their words; may quote ours
    std::optional<Ruling> ruling;  // of the code; nothing for an unknown one
};
[[nodiscard]] WhatsAppAnswer read_whatsapp_answer(const outbound::Reply& reply);

[[nodiscard]] std::optional<Ruling> ruling_of_myoperator(std::string_view code) noexcept;
[[nodiscard]] std::optional<Ruling> ruling_of_meta(int code) noexcept;
// Where no code decides: a refusal by its HTTP status. Nothing where that leaves open whether the message
// was taken.
[[nodiscard]] std::optional<Ruling> ruling_of_status(int status) noexcept;
// Of a refusal as a whole: its code's, otherwise its status's.
[[nodiscard]] std::optional<Ruling> ruling_of(const WhatsAppAnswer& answer) noexcept;

// Meta's pair limit asks for a wait of its own: 4^x seconds.
inline constexpr int meta_pair_limit = 131056;

}  // namespace carillon::channels
