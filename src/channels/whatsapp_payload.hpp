#pragma once
// A message as MyOperator wants it.
#include <carillon/channel.hpp>
#include <carillon/json.hpp>
#include <string>

#include "channels/calling_codes.hpp"

namespace carillon::channels {

inline constexpr std::size_t whatsapp_text_limit = 4096;  // characters

// What is in force for this message now.
[[nodiscard]] bool may_send_text(const Message& message, Time now);
[[nodiscard]] bool has_template(const Message& message);
[[nodiscard]] bool too_long_as_text(const Message& message);

// The value of "data".
[[nodiscard]] Json text_data(const Message& message);
[[nodiscard]] Json template_data(const Message& message);

struct WhatsAppSender {
    std::string phone_number_id;
    std::string waba_id;  // may be empty
};
[[nodiscard]] std::string whatsapp_body(const WhatsAppSender& sender, const SplitNumber& to,
                                        const DeliveryId& reference, Json data);

// Which id our number has, from the answer to GET /chat/phonenumbers. Empty when it is not among them.
[[nodiscard]] std::string find_phone_number_id(const Json& answer, std::string_view our_number);

}  // namespace carillon::channels
