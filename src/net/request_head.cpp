#include "net/request_head.hpp"

#include <boost/beast/core/string.hpp>
#include <algorithm>
#include <string>

namespace carillon::net {
namespace {

Error malformed(std::string detail) {
    return {Failure::malformed, "malformed_request", std::move(detail)};
}

bool is(std::string_view name, std::string_view other) {
    return boost::beast::iequals(name, other);
}

std::size_t count_of(const Request& request, std::string_view name) {
    return static_cast<std::size_t>(
        std::count_if(request.headers.begin(), request.headers.end(),
                      [name](const Header& header) { return is(header.name, name); }));
}

// A host and perhaps a port; what a URL parser would understand otherwise is kept out.
bool is_host(std::string_view host) {
    constexpr std::string_view marks = ".-_:[]~%!$&'()*+,;=";
    return host.size() <= 255 && std::all_of(host.begin(), host.end(), [&](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      marks.find(c) != std::string_view::npos;
           });
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.size() <= 18 &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<Error> check_framing(const Request& request) {
    const auto lengths = count_of(request, "Content-Length");
    const auto codings = count_of(request, "Transfer-Encoding");
    if (lengths > 1) return malformed("Content-Length is given more than once.");
    if (lengths == 1 && !all_digits(*request.header("Content-Length")))
        return malformed("Content-Length must be one decimal number.");
    if (codings == 0) return std::nullopt;
    if (codings > 1 || lengths > 0) return malformed("Transfer-Encoding must stand alone.");
    if (request.version < 11) return malformed("Transfer-Encoding does not belong in HTTP/1.0.");
    if (!is(*request.header("Transfer-Encoding"), "chunked"))
        return Error{Failure::not_implemented, "transfer_encoding", "Only chunked is understood."};
    return std::nullopt;
}

}  // namespace

Result<std::size_t> HeadFinder::find(std::string_view bytes) {
    while (seen_ < bytes.size()) {
        const auto found = bytes.find('\n', seen_);
        const auto line_end = found == std::string_view::npos ? bytes.size() : found;
        if (first_line_ && line_end - line_start_ > start_line_limit)
            return Error{Failure::uri_too_long, "The request line is longer than 8 KiB."};
        if (line_end >= limit_)
            return Error{Failure::header_too_large,
                         "The header is larger than " + std::to_string(limit_) + " bytes."};
        seen_ = line_end;
        if (found == std::string_view::npos) return std::size_t{0};
        if (found == line_start_ || bytes[found - 1] != '\r') return malformed("A line must end with CR LF.");
        seen_ = found + 1;
        if (found == line_start_ + 1 && !first_line_) return seen_;
        if (found == line_start_ + 1) return malformed("The request line is empty.");
        line_start_ = seen_;
        first_line_ = false;
    }
    return std::size_t{0};
}

std::optional<Error> check_lines(std::string_view head) {
    for (std::size_t i = 0; i < head.size(); ++i) {
        const auto c = static_cast<unsigned char>(head[i]);
        if (c >= 0x20 && c != 0x7f) continue;
        if (c == '\t' && i > 0 && head[i - 1] != '\n') continue;
        if (c == '\r' && i + 1 < head.size() && head[i + 1] == '\n') continue;
        if (c == '\n') {
            if (i + 1 < head.size() && head[i + 1] == ' ')
                return malformed("A header field must not be folded.");
            continue;
        }
        return malformed(c == '\t' ? "A header field must not be folded."
                                   : "The header holds a control character.");
    }
    return std::nullopt;
}

std::optional<Error> check_fields(const Request& request) {
    const auto hosts = count_of(request, "Host");
    if (hosts > 1 || (hosts == 0 && request.version >= 11)) return malformed("Exactly one Host is needed.");
    if (hosts == 1 && !is_host(*request.header("Host"))) return malformed("Host is not a host.");
    for (const std::string_view name : {"Authorization", "Content-Type", "Idempotency-Key"})
        if (count_of(request, name) > 1) return malformed(std::string{name} + " is given more than once.");
    if (const auto expect = request.header("Expect"); expect && !is(*expect, "100-continue"))
        return Error{Failure::expectation_failed, "Only Expect: 100-continue is understood."};
    return check_framing(request);
}

std::optional<Error> split_target(Request& request) {
    auto target = request.target;
    const auto printable = [](char c) { return c > ' ' && c < 0x7f && c != '#'; };
    if (!std::all_of(target.begin(), target.end(), printable))
        return malformed("The target must be printable ASCII without a fragment.");
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!target.starts_with(scheme)) continue;
        target.remove_prefix(scheme.size());
        target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
        if (target.empty() || target.front() == '?') return malformed("The target has no path.");
    }
    const bool star = target == "*" && request.method == Method::options;
    if (!star && !target.starts_with('/')) return malformed("The target must be a path.");
    const auto mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    return std::nullopt;
}

}  // namespace carillon::net
