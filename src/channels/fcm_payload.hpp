#pragma once
// A message as FCM's HTTP v1 wants it.
#include <carillon/channel.hpp>
#include <carillon/json.hpp>
#include <cstddef>
#include <optional>
#include <string>

namespace carillon::channels {

// What FCM takes, and what we send at most: Google does not say which bytes it counts.
inline constexpr std::size_t fcm_limit = 4096;
inline constexpr std::size_t fcm_own_limit = 4000;

// The body of the call but for its target.
[[nodiscard]] Json fcm_body(const Message& message, Time now);
[[nodiscard]] std::string addressed_to(Json body, const PushTarget& target);

// How many bytes the message has where those are too many; for the planner too.
[[nodiscard]] std::optional<std::size_t> oversize(const Message& message);

// Which names the body has, values aside: two messages of one shape are right or wrong together.
[[nodiscard]] std::size_t shape_of(const Json& body, const PushTarget& target);

}  // namespace carillon::channels
