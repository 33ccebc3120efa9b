// What goes over the wire: handshakes, frames, and the few members of a message that are looked at.
#pragma once

#include <strings.h>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "measure.hpp"

namespace load {

// The value of a member, found by its name. Messages look alike: where it stood last is tried first.
class Member {
public:
    explicit Member(std::string_view name) : quoted_{'"' + std::string{name} + '"'} {}

    // What follows the name, its quotation mark skipped.
    std::string_view find(std::string_view text) {
        if (text.size() < place_ || text.compare(place_, quoted_.size(), quoted_) != 0) {
            const auto found = text.find(quoted_);
            if (found == std::string_view::npos) return {};
            place_ = found;
        }
        const auto value = text.find_first_not_of(": \"", place_ + quoted_.size());
        return value == std::string_view::npos ? std::string_view{} : text.substr(value);
    }

    std::optional<std::int64_t> number(std::string_view text) {
        std::optional<std::int64_t> value;
        for (const char digit : find(text)) {
            if (digit < '0' || digit > '9') break;
            value = value.value_or(0) * 10 + (digit - '0');
        }
        return value;
    }

    std::string_view word(std::string_view text) {
        const auto value = find(text);
        return value.substr(0, value.find('"'));
    }

private:
    std::string quoted_;
    std::size_t place_ = 0;
};

// Text with @names@ in it.
class Template {
public:
    explicit Template(std::string text) : text_{std::move(text)} {}

    bool empty() const { return text_.empty(); }

    template <class Value>
    std::string filled(Value value) const {
        std::string out;
        std::size_t at = 0;
        for (;;) {
            const auto open = text_.find('@', at);
            const auto shut = open == std::string::npos ? open : text_.find('@', open + 1);
            if (shut == std::string::npos) return out.append(text_, at);
            out.append(text_, at, open - at)
                .append(value(std::string_view{text_}.substr(open + 1, shut - open - 1)));
            at = shut + 1;
        }
    }

private:
    std::string text_;
};

// The example of RFC 6455; a server must answer the one with the other.
constexpr std::string_view handshake_key = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view handshake_accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

struct Frame {
    enum Kind : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };

    std::uint8_t kind;
    std::string_view payload;
    std::size_t size;  // with its head
};

// Nothing while it is not whole. Servers do not mask, and none of ours cuts a message into pieces.
inline std::optional<Frame> parse_frame(const char* begin, const char* end) {
    const auto at = [begin](int i) { return static_cast<std::uint8_t>(begin[i]); };
    const auto have = static_cast<std::size_t>(end - begin);
    if (have < 2) return std::nullopt;
    std::size_t length = at(1);
    std::size_t head = 2;
    if (length == 126) {
        if (have < 4) return std::nullopt;
        length = static_cast<std::size_t>(at(2)) << 8 | at(3);
        head = 4;
    } else if (length == 127) {
        if (have < 10) return std::nullopt;
        length = 0;
        for (int i = 2; i < 10; ++i) length = length << 8 | at(i);
        head = 10;
    }
    if (have < head + length) return std::nullopt;
    return Frame{static_cast<std::uint8_t>(at(0) & 0x0f), {begin + head, length}, head + length};
}

// Masked, as a client must; with zeros, since nothing here needs to be hidden from a proxy.
inline std::string control_frame(Frame::Kind kind, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | kind), static_cast<char>(0x80 | payload.size())};
    return frame.append(4, '\0').append(payload);
}

// The head of an answer.
struct Head {
    std::string_view text;

    int status() const { return text.size() > 12 ? std::atoi(text.data() + 9) : 0; }

    std::string_view header(std::string_view name) const {
        for (std::size_t line = text.find("\r\n"); line != std::string_view::npos;
             line = text.find("\r\n", line)) {
            line += 2;
            if (text.size() - line <= name.size() || text[line + name.size()] != ':') continue;
            if (strncasecmp(text.data() + line, name.data(), name.size()) != 0) continue;
            const auto value = text.find_first_not_of(' ', line + name.size() + 1);
            return text.substr(value, text.find("\r\n", value) - value);
        }
        return {};
    }

    std::size_t number(std::string_view name) const {
        return static_cast<std::size_t>(std::atol(std::string{header(name)}.c_str()));
    }
};

// Its head and all of its body, once they are there.
struct HttpAnswer {
    Head head;
    std::size_t size;
};

inline std::optional<HttpAnswer> parse_answer(const char* begin, const char* end) {
    const std::string_view text{begin, static_cast<std::size_t>(end - begin)};
    const auto head_size = text.find("\r\n\r\n");
    if (head_size == std::string_view::npos) return std::nullopt;
    const Head head{text.substr(0, head_size + 4)};
    if (!head.header("Transfer-Encoding").empty()) fail("an answer in chunks is not understood here");
    const auto body = head.status() == 101 ? 0 : head.number("Content-Length");
    if (text.size() < head_size + 4 + body) return std::nullopt;
    return HttpAnswer{head, head_size + 4 + body};
}

}  // namespace load
