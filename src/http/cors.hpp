#pragma once
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <string>
#include <vector>

namespace carillon::http {

// Cross-origin rules. Without a matching origin an answer simply carries no permission; the browser refuses.
class Cors {
public:
    explicit Cors(std::vector<std::string> allowed_origins);

    [[nodiscard]] bool allows(std::string_view origin) const;
    [[nodiscard]] static bool is_preflight(const Request& request);
    [[nodiscard]] Response preflight(const Request& request, const std::vector<Method>& methods) const;
    // Adds what a page may see of an ordinary answer.
    void permit(const Request& request, Response& response) const;

private:
    std::vector<std::string> origins_;
    bool any_ = false;
};

}  // namespace carillon::http
