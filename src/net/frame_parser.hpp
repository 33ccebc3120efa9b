#pragma once
// The receiving half of RFC 6455, server side: bytes in, whole messages out. Strict: what the RFC forbids
// fails the connection with the code it names, as soon as the byte that breaks the rule is seen. Binary
// messages are refused (1003): nobody here speaks any.
//
// Between frames it holds no memory of its own; what is half received is kept, up to the message limit.
#include <carillon/connection.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::net {

// Checks UTF-8 that comes in pieces, and fails at the first byte that cannot be right.
class Utf8Checker {
public:
    [[nodiscard]] bool take(std::string_view bytes) noexcept;
    // Nothing is half received.
    [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }

private:
    bool begin(std::uint8_t lead) noexcept;
    std::uint8_t missing_ = 0;   // continuation bytes to come
    std::uint8_t lower_ = 0x80;  // bounds of the next one
    std::uint8_t upper_ = 0xBF;
};

class FrameParser {
public:
    // Told what came, in order. A false answer ends it: the rest of the bytes is left unread.
    class Listener {
    public:
        virtual bool on_text(std::string_view text) = 0;
        virtual bool on_ping(std::string_view payload) = 0;
        virtual bool on_pong() = 0;
        // The last thing told, or this is: the peer says goodbye. 1005: without a code.
        virtual void on_close(std::uint16_t code) = 0;
        virtual void on_failure(CloseCode code, std::string_view why) = 0;

    protected:
        ~Listener() = default;
    };

    explicit FrameParser(std::size_t message_limit);
    ~FrameParser();
    FrameParser(const FrameParser&) = delete;
    FrameParser& operator=(const FrameParser&) = delete;

    // Unmasks in place. False: nothing more is wanted.
    bool take(char* bytes, std::size_t size, Listener& listener);

private:
    struct Fault {
        CloseCode code = CloseCode::protocol_error;
        std::string_view why;
    };
    struct Head;
    struct Partial;

    static std::optional<Fault> read_head(std::string_view bytes, Head& head);
    bool take_head(std::string_view& bytes, Listener& listener);
    bool take_payload(char*& bytes, std::size_t& size, Listener& listener);
    [[nodiscard]] std::optional<Fault> check(const Head& head) const;
    bool take_control(std::string_view payload, bool frame_ends, Listener& listener);
    bool take_text(std::string_view payload, bool frame_ends, Listener& listener);
    bool take_close(std::string_view payload, Listener& listener);
    bool fail(const Fault& fault, Listener& listener);

    std::size_t message_limit_;
    std::unique_ptr<Partial> partial_;
    bool ended_ = false;
};

}  // namespace carillon::net
