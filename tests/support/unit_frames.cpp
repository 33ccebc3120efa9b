#include "support/unit_frames.hpp"

#include <algorithm>
#include <array>

namespace carillon::testing_support {

std::string bytes_of(const ClientFrame& frame) {
    constexpr std::array<char, 4> mask{0x12, 0x34, 0x56, 0x78};
    std::string bytes;
    bytes += static_cast<char>((frame.final ? 0x80 : 0) | (frame.reserved << 4) | frame.opcode);
    const auto length = frame.payload.size();
    const int form = frame.length_form ? frame.length_form : length < 126 ? 7 : length <= 0xFFFF ? 16 : 64;
    const auto short_length = form == 7 ? length : form == 16 ? 126 : 127;
    bytes += static_cast<char>((frame.masked ? 0x80U : 0U) | short_length);
    for (int shift = form - 8; form > 7 && shift >= 0; shift -= 8)
        bytes += static_cast<char>((static_cast<std::uint64_t>(length) >> shift) & 0xFF);
    if (!frame.masked) return bytes + frame.payload;
    bytes.append(mask.data(), mask.size());
    for (std::size_t i = 0; i < length; ++i) bytes += static_cast<char>(frame.payload[i] ^ mask[i % 4]);
    return bytes;
}

std::string close_payload(int code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    return payload.append(reason);
}

bool Heard::on_text(std::string_view text) {
    words.push_back("text:" + std::string{text});
    return true;
}

bool Heard::on_ping(std::string_view payload) {
    words.push_back("ping:" + std::string{payload});
    return true;
}

bool Heard::on_pong() {
    words.emplace_back("pong");
    return true;
}

void Heard::on_close(std::uint16_t code) {
    words.push_back("close:" + std::to_string(code));
}

void Heard::on_failure(CloseCode code, std::string_view) {
    words.push_back("failed:" + std::to_string(static_cast<int>(code)));
}

std::vector<std::string> parsed(std::string bytes, std::size_t at_a_time, std::size_t limit) {
    net::FrameParser parser{limit};
    Heard heard;
    for (std::size_t at = 0; at < bytes.size(); at += at_a_time) {
        const auto size = std::min(at_a_time, bytes.size() - at);
        // A copy that ends where the piece does, so that reading beyond it is seen.
        std::string piece = bytes.substr(at, size);
        if (!parser.take(piece.data(), piece.size(), heard)) break;
    }
    return heard.words;
}

}  // namespace carillon::testing_support
