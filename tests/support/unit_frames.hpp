#pragma once
// Frames as a client sends them, right and wrong, and what a parser made of them.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame_parser.hpp"

namespace carillon::testing_support {

struct ClientFrame {
    int opcode = 1;
    std::string payload = {};
    bool final = true;
    bool masked = true;
    int reserved = 0;     // RSV1 is 4
    int length_form = 0;  // 7, 16 or 64 bits; 0: the shortest
};
[[nodiscard]] std::string bytes_of(const ClientFrame& frame);
[[nodiscard]] std::string close_payload(int code, std::string_view reason = {});

// Everything it is told, as words: "text:hello", "ping:x", "pong", "close:1000", "failed:1002".
class Heard final : public net::FrameParser::Listener {
public:
    bool on_text(std::string_view text) override;
    bool on_ping(std::string_view payload) override;
    bool on_pong() override;
    void on_close(std::uint16_t code) override;
    void on_failure(CloseCode code, std::string_view why) override;

    std::vector<std::string> words;
};

// All of it, so many bytes at a time.
[[nodiscard]] std::vector<std::string> parsed(std::string bytes, std::size_t at_a_time = 1U << 20,
                                              std::size_t limit = 64U << 10);

}  // namespace carillon::testing_support
