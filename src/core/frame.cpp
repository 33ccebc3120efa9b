#include "core/frame.hpp"

#include <carillon/connection.hpp>
#include <utility>

namespace carillon {
namespace {

constexpr unsigned char final_fragment = 0x80;
constexpr std::size_t longest_short = 125;
constexpr std::size_t longest_head = 10;

}  // namespace

void append_frame_head(std::string& out, Opcode opcode, std::size_t length) {
    out += static_cast<char>(final_fragment | static_cast<unsigned char>(opcode));
    if (length <= longest_short) {
        out += static_cast<char>(length);
        return;
    }
    const int bytes = length <= 0xFFFF ? 2 : 8;
    out += static_cast<char>(bytes == 2 ? 126 : 127);
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        out += static_cast<char>((static_cast<std::uint64_t>(length) >> shift) & 0xFF);
}

std::string_view payload_of(std::string_view frame) {
    const auto length = static_cast<unsigned char>(frame[1]);
    return frame.substr(length <= longest_short ? 2 : length == 126 ? 4 : longest_head);
}

Frame text_frame(std::string_view text) {
    std::string frame;
    frame.reserve(longest_head + text.size());
    append_frame_head(frame, Opcode::text, text.size());
    frame += text;
    return std::make_shared<const std::string>(std::move(frame));
}

}  // namespace carillon
