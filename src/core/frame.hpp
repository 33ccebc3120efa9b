#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace carillon {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// The head of an unmasked, unfragmented frame, as servers send them (RFC 6455, 5.2).
void append_frame_head(std::string& out, Opcode opcode, std::size_t length);
// What such a frame carries.
[[nodiscard]] std::string_view payload_of(std::string_view frame);

}  // namespace carillon
