#include "sandbox/google.hpp"

#include <utility>

namespace carillon::sandbox {

Response google_error(int code, std::string_view status, std::string_view message, Json details) {
    Json error{{"code", code}, {"message", message}, {"status", status}};
    if (!details.empty()) error["details"] = std::move(details);
    auto response = json_response(code, {{"error", std::move(error)}});
    if (code == 401)
        response.with("WWW-Authenticate",
                      "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
    return response;
}

Json fcm_detail(std::string_view error_code) {
    return {{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"}, {"errorCode", error_code}};
}

Json field_detail(std::string_view field, std::string_view description) {
    auto violations = Json::array();
    violations.push_back({{"field", field}, {"description", description}});
    return {{"@type", "type.googleapis.com/google.rpc.BadRequest"},
            {"fieldViolations", std::move(violations)}};
}

std::string_view canonical_status(int code) noexcept {
    switch (code) {
        case 400: return "INVALID_ARGUMENT";
        case 401: return "UNAUTHENTICATED";
        case 403: return "PERMISSION_DENIED";
        case 404: return "NOT_FOUND";
        case 409: return "ABORTED";
        case 429: return "RESOURCE_EXHAUSTED";
        case 500: return "INTERNAL";
        case 501: return "UNIMPLEMENTED";
        case 503: return "UNAVAILABLE";
        case 504: return "DEADLINE_EXCEEDED";
        default: return "UNKNOWN";
    }
}

}  // namespace carillon::sandbox
