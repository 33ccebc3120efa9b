#include "http/document.hpp"

#include <carillon/bytes.hpp>
#include <algorithm>
#include <utility>

namespace carillon::http {
namespace {

// RFC 9110: a list of tags or "*", compared weakly.
bool names_tag(std::string_view list, std::string_view tag) {
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        auto one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
        one = one.substr(0, one.find_last_not_of(" \t") + 1);
        if (one.starts_with("W/")) one.remove_prefix(2);
        if (one == tag || one == "*") return true;
    }
    return false;
}

}  // namespace

Document::Document(std::string text, std::string_view type)
    : text_{std::move(text)}, type_{type}, etag_{'"' + to_hex(sha256(text_)).substr(0, 32) + '"'} {}

Response Document::answer(const Request& request) const {
    const auto known = request.header("If-None-Match");
    Response response;
    if (known && names_tag(*known, etag_)) {
        response = no_content();
        response.status = 304;
    } else {
        response.content_type = type_;
        response.body = text_;
    }
    // It changes only with the program, but then at once.
    response.with("ETag", etag_).with("Cache-Control", "public, no-cache");
    return response;
}

}  // namespace carillon::http
