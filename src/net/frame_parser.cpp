#include "net/frame_parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/frame.hpp"

namespace carillon::net {
namespace {

constexpr std::size_t control_limit = 125;
constexpr std::size_t longest_head = 14;
// Fragments may be empty, so the limit of bytes alone would let a message go on for ever.
constexpr std::size_t fragments_beyond_bytes = 1'000;
constexpr std::uint16_t no_code = 1005;

bool is_control(Opcode opcode) {
    return static_cast<std::uint8_t>(opcode) >= 8;
}

bool known(std::uint8_t opcode) {
    return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

// Those that may stand in a close frame (RFC 6455, 7.4, and the registry's later ones).
bool may_be_sent(std::uint16_t code) {
    if (code >= 3000) return code <= 4999;
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

void unmask(char* bytes, std::size_t size, const std::array<char, 4>& mask, std::size_t phase) {
    std::array<char, 8> wide;
    for (std::size_t i = 0; i < wide.size(); ++i) wide[i] = mask[(phase + i) % 4];
    std::uint64_t pattern;
    std::memcpy(&pattern, wide.data(), wide.size());
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes + at, 8);
        word ^= pattern;
        std::memcpy(bytes + at, &word, 8);
    }
    for (; at < size; ++at) bytes[at] = static_cast<char>(bytes[at] ^ wide[at % 8]);
}

}  // namespace

// ---- UTF-8 in pieces

bool Utf8Checker::begin(std::uint8_t lead) noexcept {
    lower_ = 0x80;
    upper_ = 0xBF;
    if (lead < 0xC2 || lead > 0xF4) return false;
    missing_ = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (lead == 0xE0) lower_ = 0xA0;  // overlong
    if (lead == 0xED) upper_ = 0x9F;  // surrogates
    if (lead == 0xF0) lower_ = 0x90;  // overlong
    if (lead == 0xF4) upper_ = 0x8F;  // beyond Unicode
    return true;
}

bool Utf8Checker::take(std::string_view bytes) noexcept {
    constexpr std::uint64_t high_bits = 0x8080808080808080ULL;
    for (std::size_t at = 0; at < bytes.size();) {
        if (missing_ == 0) {
            std::uint64_t word;
            while (at + 8 <= bytes.size()) {
                std::memcpy(&word, bytes.data() + at, 8);
                if (word & high_bits) break;
                at += 8;
            }
            if (at == bytes.size()) break;
        }
        const auto byte = static_cast<std::uint8_t>(bytes[at++]);
        if (missing_ > 0) {
            if (byte < lower_ || byte > upper_) return false;
            lower_ = 0x80;
            upper_ = 0xBF;
            --missing_;
        } else if (byte >= 0x80 && !begin(byte)) {
            return false;
        }
    }
    return true;
}

// ---- Frames

struct FrameParser::Head {
    Opcode opcode = Opcode::continuation;
    bool final = false;
    std::size_t size = 0;  // of the head itself; 0: more bytes are needed
    std::uint64_t length = 0;
    std::array<char, 4> mask{};
};

struct FrameParser::Partial {
    std::string head_bytes;  // of a head that has not come whole
    bool in_frame = false;
    Head head;
    std::uint64_t taken = 0;  // of its payload

    bool in_message = false;
    std::string message;
    std::size_t fragments = 0;
    Utf8Checker utf8;
    std::string control;

    [[nodiscard]] bool empty() const { return !in_frame && !in_message && head_bytes.empty(); }
};

FrameParser::FrameParser(std::size_t message_limit) : message_limit_{message_limit} {}
FrameParser::~FrameParser() = default;

bool FrameParser::take(char* bytes, std::size_t size, Listener& listener) {
    while (!ended_) {
        if (!partial_) {
            if (size == 0) return true;
            partial_ = std::make_unique<Partial>();
        }
        if (!partial_->in_frame) {
            if (size == 0) break;
            std::string_view left{bytes, size};
            if (!take_head(left, listener)) return false;
            bytes += size - left.size();
            size = left.size();
            if (!partial_->in_frame) break;
        }
        if (size == 0 && partial_->taken < partial_->head.length) break;
        if (!take_payload(bytes, size, listener)) return false;
    }
    if (partial_ && partial_->empty()) partial_.reset();
    return !ended_;
}

// As far as the bytes go: what can be refused already is.
std::optional<FrameParser::Fault> FrameParser::read_head(std::string_view bytes, Head& head) {
    const auto byte = [&bytes](std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); };
    const auto wrong = [](std::string_view why) { return Fault{CloseCode::protocol_error, why}; };
    if (byte(0) & 0x70U) return wrong("reserved bits are set");
    if (!known(byte(0) & 0x0FU)) return wrong("unknown opcode");
    head.opcode = static_cast<Opcode>(byte(0) & 0x0FU);
    head.final = (byte(0) & 0x80U) != 0;
    if (is_control(head.opcode) && !head.final) return wrong("fragmented control frame");
    if (bytes.size() < 2) return std::nullopt;

    if (!(byte(1) & 0x80U)) return wrong("frame is not masked");
    const std::size_t short_length = byte(1) & 0x7FU;
    if (is_control(head.opcode) && short_length > control_limit) return wrong("control frame is too long");
    const std::size_t extra = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
    if (bytes.size() < 2 + extra) return std::nullopt;
    head.length = short_length;
    if (extra > 0) {
        head.length = 0;
        for (std::size_t i = 0; i < extra; ++i) head.length = head.length << 8 | byte(2 + i);
        if (head.length >> 63) return wrong("length has its highest bit set");
        if (head.length < 126 || (extra == 8 && head.length <= 0xFFFF))
            return wrong("length is not in its shortest form");
    }
    if (bytes.size() < 2 + extra + 4) return std::nullopt;
    std::memcpy(head.mask.data(), bytes.data() + 2 + extra, 4);
    head.size = 2 + extra + 4;
    return std::nullopt;
}

std::optional<FrameParser::Fault> FrameParser::check(const Head& head) const {
    const auto& partial = *partial_;
    const auto wrong = [](std::string_view why) { return Fault{CloseCode::protocol_error, why}; };
    if (is_control(head.opcode)) return std::nullopt;
    if (head.opcode == Opcode::binary) return Fault{CloseCode::unsupported, "text messages only"};
    if (head.opcode == Opcode::continuation && !partial.in_message) return wrong("nothing to continue");
    if (head.opcode == Opcode::text && partial.in_message) return wrong("the last message is not finished");
    const auto so_far = partial.message.size();
    if (head.length > message_limit_ - std::min(so_far, message_limit_))
        return Fault{CloseCode::too_big, "message is too big"};
    if (partial.fragments >= message_limit_ + fragments_beyond_bytes)
        return Fault{CloseCode::policy, "too many fragments"};
    return std::nullopt;
}

bool FrameParser::take_head(std::string_view& bytes, Listener& listener) {
    auto& partial = *partial_;
    const auto kept = partial.head_bytes.size();
    const auto more = std::min(bytes.size(), longest_head - kept);
    std::string_view view = bytes;
    if (kept > 0) {
        partial.head_bytes += bytes.substr(0, more);
        view = partial.head_bytes;
    }
    Head head;
    if (const auto fault = read_head(view, head)) return fail(*fault, listener);
    if (head.size == 0) {
        if (kept == 0) partial.head_bytes.assign(bytes);
        bytes = {};
        return true;
    }
    if (const auto fault = check(head)) return fail(*fault, listener);
    bytes.remove_prefix(head.size - kept);
    partial.head_bytes.clear();
    partial.head = head;
    partial.in_frame = true;
    partial.taken = 0;
    return true;
}

bool FrameParser::take_payload(char*& bytes, std::size_t& size, Listener& listener) {
    auto& partial = *partial_;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(size, partial.head.length - partial.taken));
    unmask(bytes, count, partial.head.mask, static_cast<std::size_t>(partial.taken % 4));
    const std::string_view payload{bytes, count};
    bytes += count;
    size -= count;
    partial.taken += count;
    const bool frame_ends = partial.taken == partial.head.length;
    if (frame_ends) partial.in_frame = false;
    return is_control(partial.head.opcode) ? take_control(payload, frame_ends, listener)
                                           : take_text(payload, frame_ends, listener);
}

bool FrameParser::take_control(std::string_view payload, bool frame_ends, Listener& listener) {
    auto& kept = partial_->control;
    if (!frame_ends) {
        kept += payload;
        return true;
    }
    std::string whole;
    if (!kept.empty()) {
        whole.swap(kept);
        whole += payload;
        payload = whole;
    }
    switch (partial_->head.opcode) {
        case Opcode::ping: return listener.on_ping(payload);
        case Opcode::pong: return listener.on_pong();
        default: return take_close(payload, listener);
    }
}

bool FrameParser::take_text(std::string_view payload, bool frame_ends, Listener& listener) {
    auto& partial = *partial_;
    const bool message_ends = frame_ends && partial.head.final;
    if (!partial.utf8.take(payload) || (message_ends && !partial.utf8.complete()))
        return fail({CloseCode::invalid_text, "text is no valid UTF-8"}, listener);
    if (!message_ends) {
        partial.in_message = true;
        partial.message += payload;
        if (frame_ends) ++partial.fragments;
        return true;
    }
    if (!partial.in_message) return listener.on_text(payload);
    partial.message += payload;
    std::string message;
    message.swap(partial.message);
    partial.in_message = false;
    partial.fragments = 0;
    return listener.on_text(message);
}

bool FrameParser::take_close(std::string_view payload, Listener& listener) {
    if (payload.size() == 1) return fail({CloseCode::protocol_error, "half a close code"}, listener);
    std::uint16_t code = no_code;
    if (payload.size() >= 2) {
        code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                          static_cast<std::uint8_t>(payload[1]));
        if (!may_be_sent(code)) return fail({CloseCode::protocol_error, "forbidden close code"}, listener);
        Utf8Checker reason;
        if (!reason.take(payload.substr(2)) || !reason.complete())
            return fail({CloseCode::invalid_text, "close reason is no valid UTF-8"}, listener);
    }
    ended_ = true;
    listener.on_close(code);
    return false;
}

bool FrameParser::fail(const Fault& fault, Listener& listener) {
    ended_ = true;
    listener.on_failure(fault.code, fault.why);
    return false;
}

}  // namespace carillon::net
