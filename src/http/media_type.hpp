#pragma once
#include <carillon/error.hpp>
#include <carillon/request.hpp>
#include <optional>

#include "http/route.hpp"

namespace carillon::http {

// Holds Content-Type and Content-Encoding against what the route takes. A body nobody reads may be of any
// type.
[[nodiscard]] std::optional<Error> check_media_type(const Request& request, Takes takes);

}  // namespace carillon::http
