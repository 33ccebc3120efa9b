#include "sandbox/fcm.hpp"

#include <carillon/bytes.hpp>
#include <utility>

#include "sandbox/assertion.hpp"
#include "sandbox/fcm_message.hpp"
#include "sandbox/google.hpp"

namespace carillon::sandbox {
namespace {

// A project has a number too, and the API takes either.
constexpr std::string_view project_number = "424242424242";
constexpr std::string_view bearer = "Bearer ";

Response token_error(int status, std::string_view error, std::string_view description) {
    return json_response(status, {{"error", error}, {"error_description", description}});
}

bool is_form(const Request& request) {
    return request.header("Content-Type").value_or("").starts_with("application/x-www-form-urlencoded");
}

struct Words {
    FaultKind kind;
    std::string_view status;
    std::string_view fcm_code;  // empty: no FcmError
    std::string_view message;
};

constexpr Words words[] = {
    {FaultKind::unregistered, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found."},
    {FaultKind::sender_mismatch, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch"},
    {FaultKind::third_party_auth, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR",
     "Request is missing required authentication credential."},
    {FaultKind::permission_denied, "PERMISSION_DENIED", "",
     "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist)."},
    {FaultKind::quota, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED",
     "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute' of service "
     "'fcm.googleapis.com'."},
    {FaultKind::unavailable, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable."},
    {FaultKind::internal, "INTERNAL", "INTERNAL", "Internal error encountered."},
};

Response invalid_token() {
    constexpr auto why = "The registration token is not a valid FCM registration token";
    return google_error(400, "INVALID_ARGUMENT", why,
                        Json::array({fcm_detail("INVALID_ARGUMENT"),
                                     field_detail("message.token", "Invalid registration token")}));
}

Response unauthenticated() {
    return google_error(
        401, "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login "
        "cookie or other valid authentication credential.");
}

Response in_words(const Fault& fault) {
    for (const auto& each : words) {
        if (each.kind != fault.kind) continue;
        auto details = Json::array();
        if (!each.fcm_code.empty()) details.push_back(fcm_detail(each.fcm_code));
        return google_error(fault.status, each.status, each.message, std::move(details));
    }
    return google_error(fault.status, canonical_status(fault.status), "Answered by a fault of the sandbox.");
}

Response with_retry_after(Response response, const Fault& fault) {
    if (fault.retry_after) response.with("Retry-After", std::to_string(*fault.retry_after));
    return response;
}

}  // namespace

class Fcm::TokenErrand final : public Errand {
public:
    TokenErrand(Fcm& fcm, const Request& request)
        : Errand{Provider::token, {}}, fcm_{fcm}, request_{request} {}

    std::optional<Response> refuse() override {
        if (!is_form(request_)) return token_error(400, "invalid_request", "Bad Request");
        const auto verdict =
            judge_token_request(request_.body, *fcm_.account_, fcm_.audiences_, fcm_.desk_.now());
        if (const auto* refusal = std::get_if<TokenRefusal>(&verdict))
            return token_error(400, refusal->error, refusal->description);
        granted_ = std::get<Granted>(verdict);
        return std::nullopt;
    }

    Response fail(const Fault& fault) override {
        if (fault.kind == FaultKind::invalid_grant)
            return token_error(fault.status, "invalid_grant", "Invalid JWT Signature.");
        const auto* error = fault.status == 503   ? "temporarily_unavailable"
                            : fault.status >= 500 ? "internal_failure"
                            : fault.status == 429 ? "rate_limit_exceeded"
                                                  : "invalid_request";
        return with_retry_after(token_error(fault.status, error, "Answered by a fault of the sandbox."),
                                fault);
    }

    Response accept(const Fault* fault) override {
        // A JWT to look at; nobody is meant to verify it.
        if (granted_ == Granted::id_token || (fault && fault->kind == FaultKind::id_token_only))
            return json_response(200, {{"id_token", "eyJhbGciOiJSUzI1NiJ9.e30.c2FuZGJveA"}});
        const auto life = fcm_.behaviour_.token_life;
        const auto as_text = fcm_.behaviour_.token_life_as_text;
        const auto seconds = as_text ? Json(std::to_string(life.count())) : Json(life.count());
        return json_response(200, {{"access_token", fcm_.tokens_.issue(fcm_.desk_.now(), life)},
                                   {"expires_in", seconds},
                                   {"token_type", "Bearer"}});
    }

private:
    Fcm& fcm_;
    const Request& request_;
    Granted granted_ = Granted::access_token;
};

class Fcm::SendErrand final : public Errand {
public:
    SendErrand(Fcm& fcm, const Request& request)
        : Errand{Provider::fcm, {}}, fcm_{fcm}, request_{request}, read_{read_push(request.body)} {
        target = target_of(read_, request.body);
    }

    std::optional<Response> refuse() override {
        const auto header = request_.header("Authorization").value_or("");
        if (!header.starts_with(bearer) ||
            !fcm_.tokens_.good(std::string{header.substr(bearer.size())}, fcm_.desk_.now()))
            return unauthenticated();
        const auto& project = request_.parameter("project");
        if (project != fcm_.account_->project_id && project != project_number)
            return google_error(404, "NOT_FOUND", "Project '" + project + "' not found or deleted.");
        if (!request_.header("Content-Type").value_or("").starts_with(json_type))
            return google_error(400, "INVALID_ARGUMENT", "Content-Type must be application/json.");
        if (auto* wrong = std::get_if<Response>(&read_)) return *wrong;
        return std::nullopt;
    }

    Response fail(const Fault& fault) override {
        if (fault.kind == FaultKind::invalid_token) return invalid_token();
        if (fault.kind == FaultKind::token_rejected) {
            fcm_.tokens_.revoke_all();
            return unauthenticated();
        }
        return with_retry_after(in_words(fault), fault);
    }

    Response accept(const Fault*) override {
        const auto& push = std::get<PushMessage>(read_);
        const auto name = "projects/" + fcm_.account_->project_id + "/messages/";
        if (push.validate_only) return json_response(200, {{"name", name + "fake_message_id"}});
        const auto now = fcm_.desk_.now();
        const auto id = "0:" + std::to_string(now.time_since_epoch().count()) + "%" + to_hex(random_bytes(8));
        message_ids.push_back(id);
        if (push.names_device()) fcm_.phones_.push(push, id, now);
        return json_response(200, {{"name", name + id}});
    }

private:
    Fcm& fcm_;
    const Request& request_;
    std::variant<PushMessage, Response> read_;
};

void Fcm::open(Account account, const std::string& url) {
    audiences_ = {account.token_uri, url + "/token"};
    account_.emplace(std::move(account));
}

http::Routes Fcm::routes() {
    http::Routes routes;
    routes.push_back({Method::post, "/token", http::Access::open, http::Takes::raw,
                      [this](Request& request) { return give_token(request); }});
    routes.push_back({Method::post, "/v1/projects/{project}/messages:send", http::Access::open,
                      http::Takes::raw, [this](Request& request) { return send(request); }});
    return routes;
}

asio::awaitable<Result<Response>> Fcm::give_token(Request& request) {
    TokenErrand errand{*this, request};
    co_return co_await desk_.serve(errand);
}

asio::awaitable<Result<Response>> Fcm::send(Request& request) {
    SendErrand errand{*this, request};
    co_return co_await desk_.serve(errand);
}

}  // namespace carillon::sandbox
