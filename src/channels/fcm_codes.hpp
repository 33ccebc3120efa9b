#pragma once
// What FCM answers, and what it means.
#include <optional>
#include <string>
#include <string_view>

#include "channels/provider_codes.hpp"
#include "outbound/client.hpp"

namespace carillon::channels {

struct FcmAnswer {
    int status = 0;
    std::string name;     // of the message, when FCM took it
    std::string code;     // a row of the table below; empty with a name
    std::string message;  // FCM's own words; may quote ours
};

// The order is that of Google's own library: the FcmError, the canonical status, the message, the HTTP
// status. An answer that no row knows becomes "bad_answer".
[[nodiscard]] FcmAnswer read_fcm_answer(const outbound::Reply& reply);

// Nothing for a code that is not in the table.
[[nodiscard]] std::optional<Ruling> fcm_ruling(std::string_view code) noexcept;

// A refused token in an INVALID_ARGUMENT: it counts only where the same shape of message has gone through.
inline constexpr std::string_view fcm_invalid_token = "invalid_token";

}  // namespace carillon::channels
