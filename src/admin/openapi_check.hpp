#pragma once
#include <carillon/json.hpp>
#include <string>
#include <vector>

#include "http/route.hpp"

namespace carillon::admin {

// Holds a merged document against the routes the server really has. One sentence for each thing that one says
// and the other does not: an operation or route without its counterpart, other path parameters, a token asked
// for or not, a body, an Idempotency-Key, the failures that follow from these. Empty: they agree.
[[nodiscard]] std::vector<std::string> differences(const Json& document,
                                                   const std::vector<const http::Route*>& routes);

}  // namespace carillon::admin
