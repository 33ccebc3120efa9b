#include "channels/fcm_codes.hpp"

#include <algorithm>
#include <array>
#include <carillon/json.hpp>
#include <cctype>

namespace carillon::channels {
namespace {

using enum Action;
using std::chrono::seconds;

// Google asks for a minute over quota. After its own failures the policy waits longer than it asks for.
constexpr seconds after_quota{60};

// Upper case: FCM's codes and Google's canonical ones. Lower case: what neither says and we conclude.
constexpr std::array fcm_codes{
    CodeRuling{"UNREGISTERED", {drop_token, Reason::unregistered}},
    CodeRuling{"NOT_FOUND", {drop_token, Reason::unregistered}},
    CodeRuling{fcm_invalid_token, {drop_token, Reason::unregistered}},
    // A wrong project would make every device look like this, so none is deleted for it.
    CodeRuling{"SENDER_ID_MISMATCH", {flag_token, Reason::sender_mismatch}},
    CodeRuling{"INVALID_ARGUMENT", {reject, Reason::invalid_request}},
    CodeRuling{"FAILED_PRECONDITION", {reject, Reason::invalid_request}},
    CodeRuling{"OUT_OF_RANGE", {reject, Reason::invalid_request}},
    CodeRuling{"too_large", {reject, Reason::payload_too_large}},
    CodeRuling{"THIRD_PARTY_AUTH_ERROR", {reject, Reason::third_party_credentials}},
    CodeRuling{"APNS_AUTH_ERROR", {reject, Reason::third_party_credentials}},
    CodeRuling{"UNAUTHENTICATED", {refresh_token, Reason::credentials_refused, pause_time}},
    CodeRuling{"PERMISSION_DENIED", {pause_channel, Reason::credentials_refused, pause_time}},
    CodeRuling{"wrong_address", {pause_channel, Reason::bad_answer, pause_time}},
    CodeRuling{"QUOTA_EXCEEDED", {retry, Reason::rate_limited, after_quota}},
    CodeRuling{"RESOURCE_EXHAUSTED", {retry, Reason::rate_limited, after_quota}},
    CodeRuling{"INTERNAL", {retry, Reason::provider_error}},
    CodeRuling{"UNAVAILABLE", {retry, Reason::provider_error}},
    CodeRuling{"UNSPECIFIED_ERROR", {retry, Reason::provider_error}},
    CodeRuling{"DEADLINE_EXCEEDED", {retry, Reason::provider_error}},
    CodeRuling{"ABORTED", {retry, Reason::provider_error}},
    CodeRuling{"CANCELLED", {retry, Reason::provider_error}},
    CodeRuling{"UNKNOWN", {retry, Reason::provider_error}},
    CodeRuling{"bad_answer", {retry, Reason::bad_answer}},
};

struct StatusCode {
    int status;
    std::string_view code;
};
constexpr std::array codes_of_statuses{
    StatusCode{400, "INVALID_ARGUMENT"},  StatusCode{401, "UNAUTHENTICATED"},
    StatusCode{403, "PERMISSION_DENIED"}, StatusCode{404, "wrong_address"},
    StatusCode{413, "too_large"},         StatusCode{429, "RESOURCE_EXHAUSTED"},
    StatusCode{500, "INTERNAL"},          StatusCode{502, "UNAVAILABLE"},
    StatusCode{503, "UNAVAILABLE"},       StatusCode{504, "DEADLINE_EXCEEDED"},
};

constexpr std::string_view error_type = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
constexpr std::string_view gone_text = "Requested entity was not found";

std::string text_in(const Json& object, const char* name) {
    if (!object.is_object()) return {};
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

const Json& list_in(const Json& object, const char* name) {
    static const Json none = Json::array();
    if (!object.is_object()) return none;
    const auto found = object.find(name);
    return found != object.end() && found->is_array() ? *found : none;
}

std::string error_code_in(const Json& error) {
    for (const auto& detail : list_in(error, "details")) {
        if (text_in(detail, "@type") == error_type) return text_in(detail, "errorCode");
    }
    return {};
}

bool is_about_the_target(const Json& error, std::string message) {
    for (const auto& detail : list_in(error, "details")) {
        for (const auto& violation : list_in(detail, "fieldViolations")) {
            const auto field = text_in(violation, "field");
            if (field == "message.token" || field == "message.fid") return true;
        }
    }
    std::transform(message.begin(), message.end(), message.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return message.find("registration token") != std::string::npos;
}

std::string code_of_status(int status) {
    const auto of_status = [status](const StatusCode& row) { return row.status == status; };
    const auto* const found = std::find_if(codes_of_statuses.begin(), codes_of_statuses.end(), of_status);
    if (found != codes_of_statuses.end()) return std::string{found->code};
    return status >= 500 ? "INTERNAL" : "bad_answer";
}

std::string code_of_error(const Json& error, const std::string& message, int status) {
    if (auto code = error_code_in(error); fcm_ruling(code)) {
        return code == "INVALID_ARGUMENT" && is_about_the_target(error, message)
                   ? std::string{fcm_invalid_token}
                   : code;
    }
    auto canonical = text_in(error, "status");
    // A wrong address or project is not found either; only these words are about the device.
    if (canonical == "NOT_FOUND" && message.find(gone_text) == std::string::npos) return "wrong_address";
    if (canonical == "INVALID_ARGUMENT" && is_about_the_target(error, message))
        return std::string{fcm_invalid_token};
    if (fcm_ruling(canonical)) return canonical;
    if (fcm_ruling(message)) return message;
    return code_of_status(status);
}

FcmAnswer read_success(int status, const Result<Json>& body) {
    FcmAnswer answer;
    answer.status = status;
    if (body) answer.name = text_in(*body, "name");
    if (answer.name.empty()) answer.code = "bad_answer";
    return answer;
}

}  // namespace

FcmAnswer read_fcm_answer(const outbound::Reply& reply) {
    const auto body = parse_json(reply.body);
    if (reply.status >= 200 && reply.status < 300) return read_success(reply.status, body);

    FcmAnswer answer;
    answer.status = reply.status;
    if (!body || !body->is_object() || !body->contains("error")) {
        answer.code = code_of_status(reply.status);
        return answer;
    }
    const auto& error = (*body)["error"];
    answer.message = error.is_string() ? error.get<std::string>() : text_in(error, "message");
    answer.code = code_of_error(error, answer.message, reply.status);
    return answer;
}

std::optional<Ruling> fcm_ruling(std::string_view code) noexcept {
    const auto* const found = std::find_if(fcm_codes.begin(), fcm_codes.end(),
                                           [code](const CodeRuling& row) { return row.code == code; });
    return found == fcm_codes.end() ? std::nullopt : std::optional{found->ruling};
}

}  // namespace carillon::channels
