#include "http/cors.hpp"

#include <algorithm>

namespace carillon::http {
namespace {

constexpr std::string_view sent_headers =
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, X-Request-Id, traceparent, "
    "X-CSRF-TOKEN, X-Requested-With, X-Socket-Id";
constexpr std::string_view shown_headers =
    "ETag, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotency-Replayed";

std::string joined(const std::vector<Method>& methods) {
    std::string text;
    for (const auto method : methods) {
        if (!text.empty()) text += ", ";
        text += name_of(method);
    }
    return text;
}

}  // namespace

Cors::Cors(std::vector<std::string> allowed_origins)
    : origins_{std::move(allowed_origins)},
      any_{std::find(origins_.begin(), origins_.end(), "*") != origins_.end()} {}

bool Cors::allows(std::string_view origin) const {
    return any_ || std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
}

bool Cors::is_preflight(const Request& request) {
    return request.method == Method::options && request.header("Origin") &&
           request.header("Access-Control-Request-Method");
}

Response Cors::preflight(const Request& request, const std::vector<Method>& methods) const {
    auto response = no_content();
    response.with("Allow", joined(methods));
    if (allows(*request.header("Origin"))) {
        response.with("Access-Control-Allow-Methods", joined(methods));
        response.with("Access-Control-Allow-Headers", std::string{sent_headers});
        response.with("Access-Control-Max-Age", "600");
    }
    return response;
}

void Cors::permit(const Request& request, Response& response) const {
    if (origins_.empty()) return;
    // A cache must not hand one origin's permission to another.
    response.with("Vary", "Origin");
    const auto origin = request.header("Origin");
    if (!origin || !allows(*origin)) return;
    response.with("Access-Control-Allow-Origin", std::string{*origin});
    response.with("Access-Control-Expose-Headers", std::string{shown_headers});
}

}  // namespace carillon::http
