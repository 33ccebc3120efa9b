#pragma once
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <string>

namespace carillon::net {

enum class Persistence { keep, close };

// Appends the answer as it goes over the wire. A HEAD request gets the length and no body.
void append_response(std::string& out, const Request& request, const Response& response,
                     Persistence persistence);

}  // namespace carillon::net
