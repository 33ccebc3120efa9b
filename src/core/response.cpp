#include <carillon/response.hpp>

namespace carillon {
namespace {

// The one problem type that has a registered name; ours are under our own.
constexpr std::string_view quota_type = "https://iana.org/assignments/http-problem-types#quota-exceeded";

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += ",\"";
    out += name;
    out += "\":";
    append_quoted(out, text);
}

void append_errors(std::string& out, const std::vector<FieldError>& fields) {
    out += ",\"errors\":[";
    for (std::size_t i = 0; i < fields.size(); ++i) {
        out += i == 0 ? "{\"field\":" : ",{\"field\":";
        append_quoted(out, fields[i].field);
        append_member(out, "message", fields[i].message);
        out += '}';
    }
    out += ']';
}

}  // namespace

Response json_response(int status, const Json& body) {
    Response response;
    response.status = status;
    response.body = to_text(body);
    return response;
}

Response no_content() {
    Response response;
    response.status = 204;
    response.content_type = {};
    return response;
}

Response problem(const Error& error, std::string_view request_id) {
    const auto& info = describe(error.failure);
    const std::string_view code = error.code.empty() ? info.code : std::string_view{error.code};

    Response response;
    response.status = info.status;
    response.content_type = problem_type;
    auto& out = response.body;
    out.reserve(256 + error.detail.size());
    out += "{\"type\":";
    if (error.failure == Failure::rate_limited)
        append_quoted(out, quota_type);
    else
        append_quoted(out, "urn:carillon:problem:" + std::string{code});
    append_member(out, "title", info.title);
    out += ",\"status\":" + std::to_string(info.status);
    append_member(out, "detail", error.detail.empty() ? info.title : std::string_view{error.detail});
    append_member(out, "code", code);
    append_member(out, "request_id", request_id);
    if (!error.fields.empty()) append_errors(out, error.fields);
    out += '}';

    if (error.retry_after_seconds > 0)
        response.with("Retry-After", std::to_string(error.retry_after_seconds));
    return response;
}

}  // namespace carillon
