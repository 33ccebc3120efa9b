#pragma once
#include <carillon/connection.hpp>
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";

struct Response {
    int status = 200;
    std::string_view content_type = json_type;  // a literal
    std::string body;
    std::vector<std::pair<std::string_view, std::string>> headers;  // names are literals
    bool close = false;
    // The connection ends and none of this is sent: for what stands in for a server that fails.
    bool abort = false;
    // With status 101: who speaks over the connection from here on.
    std::shared_ptr<Speaker> upgrade;

    Response& with(std::string_view name, std::string value) {
        headers.emplace_back(name, std::move(value));
        return *this;
    }
};

[[nodiscard]] Response json_response(int status, const Json& body);
[[nodiscard]] Response no_content();
// The problem document of an error; the request id is the same as in the log.
[[nodiscard]] Response problem(const Error& error, std::string_view request_id);

}  // namespace carillon
