#include <carillon/request.hpp>

#include <algorithm>
#include <stdexcept>

namespace carillon {
namespace {

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view one, std::string_view other) noexcept {
    const auto same = [](char a, char b) { return lower(a) == lower(b); };
    return one.size() == other.size() && std::equal(one.begin(), one.end(), other.begin(), same);
}

// An idle connection should not hold on to what one large request once needed.
constexpr std::size_t kept_bytes = 16 * 1024;

template <class Container>
void empty_out(Container& container) {
    container.clear();
    // Not assignment: a string that is given an empty one keeps its buffer.
    if (container.capacity() * sizeof(typename Container::value_type) > kept_bytes)
        Container{}.swap(container);
}

}  // namespace

std::string_view name_of(Method method) noexcept {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
        case Method::other: return "OTHER";
    }
    return {};
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
    for (const auto& field : headers)
        if (same_name(field.name, name)) return field.value;
    return std::nullopt;
}

const std::string& Request::parameter(std::string_view name) const {
    for (const auto& parameter : parameters)
        if (parameter.name == name) return parameter.value;
    throw std::logic_error{"the route has no parameter " + std::string{name}};
}

void Request::clear() {
    empty_out(head);
    empty_out(headers);
    empty_out(body);
    json.reset();
    method = Method::other;
    target = path = query = {};
    version = 11;
    stream = nullptr;
    peer.clear();
    secure = false;
    id.clear();
    traceparent.clear();
    caller.reset();
    parameters.clear();
    subject.reset();
    claim.reset();
    route = nullptr;
    started = {};
    rate_remaining = -1;
    rate_reset = 0;
}

}  // namespace carillon
