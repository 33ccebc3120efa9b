#pragma once
// Errors as Google's APIs write them.
#include <carillon/json.hpp>
#include <carillon/response.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::sandbox {

// {"error": {"code", "message", "status", "details"}}; empty details are left out.
[[nodiscard]] Response google_error(int code, std::string_view status, std::string_view message,
                                    Json details = Json::array());
// Entries of the details.
[[nodiscard]] Json fcm_detail(std::string_view error_code);
[[nodiscard]] Json field_detail(std::string_view field, std::string_view description);

// The canonical name that goes with an HTTP status.
[[nodiscard]] std::string_view canonical_status(int code) noexcept;

}  // namespace carillon::sandbox
