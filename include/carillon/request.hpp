#pragma once
// One request as a handler sees it. The views point into `head` and live as long as the request does; it is
// neither copied nor moved: the session owns one and fills it again and again.
#include <carillon/caller.hpp>
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon {

enum class Method { get, head, post, put, patch, del, options, other };

[[nodiscard]] std::string_view name_of(Method method) noexcept;

struct Header {
    std::string_view name;
    std::string_view value;
};

struct Parameter {
    std::string_view name;
    std::string value;  // percent-decoded, valid UTF-8, without NUL
};

// Thrown out of a handler by the body it reads: the sender's fault, told to the sender.
class BodyError : public std::runtime_error {
public:
    explicit BodyError(Error error) : std::runtime_error{error.detail}, error_{std::move(error)} {}
    [[nodiscard]] const Error& error() const noexcept { return error_; }

private:
    Error error_;
};

// A body too large to hold: its pieces as they come from the network.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    // The next piece, valid until the next call; empty at the end. Throws BodyError when the sender breaks
    // off, cheats with the framing or sends more than the route allows.
    virtual boost::asio::awaitable<std::string_view> next() = 0;
};

// An Idempotency-Key that was taken for this request. A handler that stores its answer in the transaction
// that does the work makes the two one (see http/idempotency.hpp).
struct IdempotencyClaim {
    std::string scope;  // who, what and which key, hashed
    std::int64_t fence = 0;
    bool answer_stored = false;
};

struct Request {
    Request() = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    std::string head;  // start line and header fields, as received
    Method method = Method::other;
    std::string_view target;
    std::string_view path;   // target up to '?', still encoded
    std::string_view query;  // after '?', still encoded
    int version = 11;        // 10 or 11
    std::vector<Header> headers;
    std::string body;
    std::optional<Json> json;      // the body, parsed, on routes that take JSON
    BodyStream* stream = nullptr;  // set instead of body on routes that stream

    std::string peer;     // address of the client, a trusted proxy's word taken into account
    bool secure = false;  // TLS

    // Filled on the way to the handler.
    std::string id;           // X-Request-Id, taken or made
    std::string traceparent;  // valid, or empty
    std::optional<Caller> caller;
    std::vector<Parameter> parameters;  // of the path
    std::optional<UserId> subject;      // the user in the path, resolved
    std::optional<IdempotencyClaim> claim;

    // The router's own notes.
    const void* route = nullptr;
    std::chrono::steady_clock::time_point started;
    int rate_remaining = -1;  // -1: this request is not counted
    int rate_reset = 0;

    // Name in any case; the first of several.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
    // A parameter of the path that the route declares.
    [[nodiscard]] const std::string& parameter(std::string_view name) const;
    void clear();
};

}  // namespace carillon
