#include "http/trace.hpp"

#include <algorithm>

namespace carillon::http {
namespace {

constexpr std::size_t traceparent_length = 55;

bool is_lower_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool all_zero(std::string_view text) {
    return text.find_first_not_of('0') == std::string_view::npos;
}

bool is_traceparent(const Header& header) {
    constexpr std::string_view lower = "traceparent";
    return std::equal(header.name.begin(), header.name.end(), lower.begin(), lower.end(),
                      [](char given, char wanted) { return (given | 0x20) == wanted; });
}

}  // namespace

std::optional<std::string> accept_request_id(std::string_view header) {
    constexpr std::string_view others = "._-:/+=@";
    if (header.empty() || header.size() > 128) return std::nullopt;
    const auto fit = [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               others.find(c) != std::string_view::npos;
    };
    if (!std::all_of(header.begin(), header.end(), fit)) return std::nullopt;
    return std::string{header};
}

std::optional<std::string> accept_traceparent(std::string_view header) {
    if (header.size() < traceparent_length) return std::nullopt;
    const auto version = header.substr(0, 2);
    const auto trace = header.substr(3, 32);
    const auto parent = header.substr(36, 16);
    const auto flags = header.substr(53, 2);
    if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
    if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent) || !is_lower_hex(flags))
        return std::nullopt;
    if (version == "ff" || all_zero(trace) || all_zero(parent)) return std::nullopt;
    const bool longer = header.size() > traceparent_length;
    if (longer && (version == "00" || header[traceparent_length] != '-')) return std::nullopt;
    return "00-" + std::string{trace} + "-" + std::string{parent} + "-" + std::string{flags};
}

std::string traceparent_of(const Request& request) {
    const auto& headers = request.headers;
    const auto first = std::find_if(headers.begin(), headers.end(), is_traceparent);
    if (first == headers.end()) return {};
    if (std::find_if(first + 1, headers.end(), is_traceparent) != headers.end()) return {};
    return accept_traceparent(first->value).value_or("");
}

}  // namespace carillon::http
