#include "http/media_type.hpp"

#include <algorithm>
#include <string>

namespace carillon::http {
namespace {

std::string lower(std::string_view text) {
    std::string out{text};
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// A charset other than UTF-8 would be read wrongly, so it is refused rather than guessed at.
bool says_utf8_or_nothing(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto end = std::min(parameters.find(';'), parameters.size());
        const auto parameter = lower(trimmed(parameters.substr(0, end)));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        if (parameter.starts_with("charset=") && parameter != "charset=utf-8" &&
            parameter != "charset=\"utf-8\"")
            return false;
    }
    return true;
}

bool fits(std::string_view content_type, Takes takes) {
    const auto end = std::min(content_type.find(';'), content_type.size());
    const auto type = lower(trimmed(content_type.substr(0, end)));
    if (!says_utf8_or_nothing(content_type.substr(std::min(end + 1, content_type.size())))) return false;
    const bool json = type == json_type || (type.starts_with("application/") && type.ends_with("+json"));
    return json ||
           (takes == Takes::stream && (type == "application/x-ndjson" || type == "application/jsonl"));
}

bool has_body(const Request& request) {
    if (request.header("Transfer-Encoding")) return true;
    const auto length = request.header("Content-Length");
    return length && *length != "0";
}

}  // namespace

std::optional<Error> check_media_type(const Request& request, Takes takes) {
    if (takes == Takes::nothing || takes == Takes::raw) return std::nullopt;
    if (takes == Takes::maybe_json && !has_body(request)) return std::nullopt;
    if (const auto coding = request.header("Content-Encoding"); coding && lower(*coding) != "identity")
        return Error{Failure::unsupported_media, "content_encoding", "The body must not be compressed."};
    const auto type = request.header("Content-Type");
    if (type && fits(*type, takes)) return std::nullopt;
    const auto* wanted =
        takes == Takes::stream ? "application/json or application/x-ndjson" : "application/json";
    return Error{Failure::unsupported_media, std::string{"Content-Type must be "} + wanted + ", in UTF-8."};
}

}  // namespace carillon::http
