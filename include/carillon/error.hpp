#pragma once
// Expected failures are values. A function that may fail on its input returns Result<T>; a function that
// throws says so in its header, and throws only when something outside the request is broken.
#include <boost/system/result.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon {

// What kind of failure it is. One table (see describe) gives each its status, code and title; nothing else
// in the server chooses a status for an error.
enum class Failure {
    internal,
    malformed,
    invalid,
    unauthenticated,
    forbidden,
    not_found,
    method_not_allowed,
    timed_out,
    conflict,
    gone,
    too_large,
    unsupported_media,
    expectation_failed,
    upgrade_required,
    idempotency_mismatch,
    rate_limited,
    header_too_large,
    uri_too_long,
    not_implemented,
    unavailable,
    version_not_supported,
};

struct FailureInfo {
    int status;
    std::string_view code;   // stable, machine-readable; an Error may carry a narrower one
    std::string_view title;  // the same for every occurrence
};

[[nodiscard]] const FailureInfo& describe(Failure failure) noexcept;

struct FieldError {
    std::string field;
    std::string message;
};

struct Error {
    Error() = default;
    Error(Failure what, std::string why) : failure{what}, detail{std::move(why)} {}
    Error(Failure what, std::string narrower_code, std::string why)
        : failure{what}, code{std::move(narrower_code)}, detail{std::move(why)} {}
    Error(Failure what, std::string why, std::vector<FieldError> which)
        : failure{what}, detail{std::move(why)}, fields{std::move(which)} {}

    Failure failure = Failure::internal;
    std::string code;    // empty: the code of the failure's row in the table
    std::string detail;  // for the caller's eyes: never a statement, a path of ours or a secret
    std::vector<FieldError> fields;
    std::int64_t retry_after_seconds = 0;  // 0: say nothing
};

template <class T>
using Result = boost::system::result<T, Error>;

// Surprises are exceptions. This one says: something the server needs (the database) is away or too busy, try
// again later. It becomes a 503 with Retry-After.
class Unavailable : public std::runtime_error {
public:
    Unavailable(std::string code, const std::string& detail, std::int64_t retry_after_seconds = 1)
        : std::runtime_error{detail}, code_{std::move(code)}, retry_after_{retry_after_seconds} {}

    [[nodiscard]] const std::string& code() const noexcept { return code_; }
    [[nodiscard]] std::int64_t retry_after_seconds() const noexcept { return retry_after_; }

private:
    std::string code_;
    std::int64_t retry_after_;
};

// Result::value() on a failure throws this; only tests and "cannot happen" paths call it.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace carillon
