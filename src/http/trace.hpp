#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <carillon/request.hpp>

namespace carillon::http {

// The X-Request-Id a caller sent, when it is fit for a log line (1 to 128 of A-Z a-z 0-9 . _ - : / + = @).
[[nodiscard]] std::optional<std::string> accept_request_id(std::string_view header);
// The traceparent of W3C Trace Context level 1, when it is valid; a higher version is read by its first 55.
[[nodiscard]] std::optional<std::string> accept_traceparent(std::string_view header);
// That of the request; empty when it has none that is valid, or several: they cannot all be right.
[[nodiscard]] std::string traceparent_of(const Request& request);

}  // namespace carillon::http
