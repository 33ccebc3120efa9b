#pragma once
// What the server says on a socket, as text: {"type","id","seq","timestamp","data"}, always all five. The
// places of the feed are numbered; everything else has no number (null).
#include <carillon/connection.hpp>
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "notify/plan.hpp"

namespace carillon::realtime {

// A message of the feed. `read`: by its reader, on whatever device.
[[nodiscard]] std::string stored_message(const notify::FeedItem& item, bool read);

// The same message once it has been read; null when the frame says so already.
[[nodiscard]] Frame marked_read(const Frame& stored);

// `data` is JSON.
[[nodiscard]] std::string message(std::string_view type, Time now, std::string_view data);
[[nodiscard]] std::string message(std::string_view type, Time now, const Json& data);

// `about`: the type of the client's message that it answers, when it is known.
[[nodiscard]] std::string error_message(const Error& error, std::string_view about, Time now);

}  // namespace carillon::realtime
