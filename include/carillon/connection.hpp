#pragma once
// Where a socket and whoever speaks over it meet. `net` moves frames and knows no message; a speaker knows
// messages and no socket.
//
// Threads: the event loop.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace carillon {

// A message as it goes over the wire: framed once, shared by everyone it goes to.
using Frame = std::shared_ptr<const std::string>;
[[nodiscard]] Frame text_frame(std::string_view text);

enum class CloseCode : std::uint16_t {
    normal = 1000,
    protocol_error = 1002,
    unsupported = 1003,
    invalid_text = 1007,
    policy = 1008,
    too_big = 1009,
    internal = 1011,
    restart = 1012,
    try_later = 1013,
    token_expired = 4401,
    erased = 4403,
    too_many_devices = 4429,
};

// What may be said beside a close code (RFC 6455, 5.5).
inline constexpr std::size_t close_reason_limit = 123;

class Connection {
public:
    virtual ~Connection() = default;

    // Queued, and on its way with this turn of the loop. Does nothing once the connection is closing.
    virtual void send(Frame frame) = 0;
    // After what is queued. The speaker hears nothing more from the connection.
    virtual void close(CloseCode code, std::string_view reason) = 0;

    struct Backlog {
        std::size_t frames = 0;
        std::size_t bytes = 0;
        std::size_t bytes_of_all = 0;  // of all connections together
    };
    [[nodiscard]] virtual Backlog backlog() const noexcept = 0;
    // Once, when nothing is queued any more: Speaker::drained().
    virtual void tell_when_drained() noexcept = 0;
    // In so long, once: Speaker::expired().
    virtual void limit_life(std::chrono::milliseconds from_now) = 0;
    [[nodiscard]] virtual std::string_view peer() const noexcept = 0;
};

class Speaker {
public:
    virtual ~Speaker() = default;

    // The connection lives until closed() was called, or close().
    virtual void opened(Connection& connection) = 0;
    // A whole message, valid UTF-8; the text lives as long as the call.
    virtual void received(std::string_view text) = 0;
    virtual void drained() = 0;
    virtual void expired() = 0;
    // The server stops: say goodbye, and close.
    virtual void going_away() = 0;
    // The other side has closed, broken the rules or vanished. The connection must not be used any more.
    virtual void closed(std::uint16_t code) = 0;
};

}  // namespace carillon
