#include <carillon/error.hpp>

#include <array>

namespace carillon {
namespace {

// No default: a new Failure without a row is a warning, and warnings are errors.
constexpr FailureInfo row_of(Failure failure) {
    switch (failure) {
        case Failure::internal: return {500, "internal", "Internal error"};
        case Failure::malformed: return {400, "malformed", "Malformed request"};
        case Failure::invalid: return {422, "invalid", "Invalid request"};
        case Failure::unauthenticated: return {401, "unauthenticated", "Not authenticated"};
        case Failure::forbidden: return {403, "forbidden", "Not allowed"};
        case Failure::not_found: return {404, "not_found", "Not found"};
        case Failure::method_not_allowed: return {405, "method_not_allowed", "Method not allowed"};
        case Failure::timed_out: return {408, "request_timeout", "Request timed out"};
        case Failure::conflict: return {409, "conflict", "Conflict"};
        case Failure::gone: return {410, "gone", "No longer there"};
        case Failure::too_large: return {413, "too_large", "Body too large"};
        case Failure::unsupported_media: return {415, "unsupported_media", "Content type not supported"};
        case Failure::expectation_failed: return {417, "expectation_failed", "Expectation failed"};
        case Failure::upgrade_required: return {426, "upgrade_required", "Upgrade required"};
        case Failure::idempotency_mismatch:
            return {422, "idempotency_key_reused", "Idempotency key used for another request"};
        case Failure::rate_limited: return {429, "rate_limited", "Too many requests"};
        case Failure::header_too_large: return {431, "header_too_large", "Header fields too large"};
        case Failure::uri_too_long: return {414, "uri_too_long", "URI too long"};
        case Failure::not_implemented: return {501, "not_implemented", "Not implemented"};
        case Failure::unavailable: return {503, "unavailable", "Temporarily unavailable"};
        case Failure::version_not_supported:
            return {505, "version_not_supported", "HTTP version not supported"};
    }
    return {};
}

constexpr auto last = Failure::version_not_supported;

constexpr auto table = [] {
    std::array<FailureInfo, static_cast<std::size_t>(last) + 1> rows{};
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = row_of(static_cast<Failure>(i));
    return rows;
}();

constexpr bool complete() {
    for (const auto& row : table)
        if (row.status == 0 || row.code.empty() || row.title.empty()) return false;
    // The enumerator after the last would have a row if somebody appended one and forgot to move `last`.
    return row_of(static_cast<Failure>(table.size())).status == 0;
}
static_assert(complete());

}  // namespace

const FailureInfo& describe(Failure failure) noexcept {
    return table[static_cast<std::size_t>(failure)];
}

void throw_exception_from_error(const Error& error, const boost::source_location& /*where*/) {
    std::string what = error.code.empty() ? std::string{describe(error.failure).code} : error.code;
    if (!error.detail.empty()) what += ": " + error.detail;
    for (const auto& [field, message] : error.fields) what += "; " + field + " " + message;
    throw std::runtime_error{what};
}

}  // namespace carillon
