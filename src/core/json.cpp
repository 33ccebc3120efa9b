#include <carillon/json.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include <carillon/bytes.hpp>
#include "core/utf8.hpp"

namespace carillon {
namespace {

// nlohmann tells its handler no positions, so the iterator leaves word of how far it was read.
class TrackedIterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    TrackedIterator(const char* at, const char** reached) : at_{at}, reached_{reached} {}
    reference operator*() const noexcept { return *at_; }
    TrackedIterator& operator++() noexcept {
        *reached_ = ++at_;
        return *this;
    }
    TrackedIterator operator++(int) noexcept {
        auto before = *this;
        ++*this;
        return before;
    }
    bool operator==(const TrackedIterator& other) const noexcept { return at_ == other.at_; }

private:
    const char* at_;
    const char** reached_;
};

Error malformed_at(std::string_view what, std::size_t offset) {
    return {Failure::malformed, "malformed_json", std::string{what} + " at byte " + std::to_string(offset)};
}

// Builds the value from the parser's events (it does not recurse) and refuses what the parser would let pass.
class Builder {
public:
    explicit Builder(std::string_view text) : text_{text}, reached_{text.data()} {}

    Result<Json> run() {
        const TrackedIterator begin{text_.data(), &reached_};
        const TrackedIterator end{text_.data() + text_.size(), &reached_};
        if (!Json::sax_parse(begin, end, this)) return std::move(error_);
        return std::move(root_);
    }

    bool null() { return add(nullptr); }
    bool boolean(bool value) { return add(value); }
    bool number_integer(std::int64_t value) { return add(value); }
    bool number_unsigned(std::uint64_t value) { return add(value); }
    bool number_float(double value, const std::string& digits) {
        // A whole number beyond 64 bits comes here rounded, and a rounded id is a wrong id.
        if (digits.find_first_of(".eE") == std::string::npos)
            return refuse("number out of range", start_of(digits));
        return add(value);
    }
    bool string(std::string& value) {
        if (value.find('\0') != std::string::npos) return refuse("NUL in a text", start_of_text());
        return add(std::move(value));
    }
    bool binary(Json::binary_t& /*value*/) { return false; }  // JSON has none

    bool start_object(std::size_t /*size*/) { return open(Json::object()); }
    bool start_array(std::size_t /*size*/) { return open(Json::array()); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }
    bool key(std::string& name) {
        if (name.find('\0') != std::string::npos) return refuse("NUL in a key", start_of_text());
        auto& members = open_.back()->get_ref<Json::object_t&>();
        const auto [member, fresh] = members.try_emplace(std::move(name), nullptr);
        if (!fresh) return refuse("repeated key", start_of_text());
        slot_ = &member->second;
        return true;
    }

    bool parse_error(std::size_t position, const std::string& token,
                     const nlohmann::detail::exception& cause) {
        constexpr int number_overflow = 406;
        // `position` counts the bytes read, the end of the input as one; the last of them is the one that did
        // not fit.
        if (cause.id == number_overflow) return refuse("number out of range", position - token.size());
        const auto offset = std::min(position - 1, text_.size());
        if (offset == text_.size()) return refuse("JSON ends too early", offset);
        if (!is_utf8(text_)) return refuse("not valid JSON (the text is not UTF-8)", offset);
        return refuse("not valid JSON", offset);
    }

private:
    bool refuse(std::string_view what, std::size_t offset) {
        error_ = malformed_at(what, offset);
        return false;
    }

    template <class Value>
    bool add(Value&& value) {
        place(Json(std::forward<Value>(value)));
        return true;
    }

    Json* place(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (open_.back()->is_object()) {
            *slot_ = std::move(value);
            return slot_;
        }
        return &open_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
    }

    bool open(Json empty) {
        if (open_.size() == json_depth_limit) return refuse("more than 64 levels", read() - 1);
        open_.push_back(place(std::move(empty)));
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    [[nodiscard]] std::size_t read() const { return static_cast<std::size_t>(reached_ - text_.data()); }

    // The number has just been read, and one byte after it unless the input ended there.
    [[nodiscard]] std::size_t start_of(std::string_view digits) const {
        const auto before = read() - digits.size();
        return text_.substr(before, digits.size()) == digits ? before : before - 1;
    }

    // The closing quote has just been read; the opening one is the nearest that no backslash escapes.
    [[nodiscard]] std::size_t start_of_text() const {
        auto quote = read() - 1;
        for (;;) {
            quote = text_.rfind('"', quote - 1);
            const auto before = text_.substr(0, quote).find_last_not_of('\\');
            const auto backslashes = before == std::string_view::npos ? quote : quote - before - 1;
            if (backslashes % 2 == 0) return quote;
        }
    }

    std::string_view text_;
    const char* reached_;
    Json root_;
    std::vector<Json*> open_;  // from the root to where we are; an element moves only when it is closed
    Json* slot_ = nullptr;     // where the value of the last key goes
    Error error_{Failure::malformed, "malformed_json", "not valid JSON at byte 0"};
};

// How a byte is written inside a JSON string when not as itself; nullptr means a \u escape.
const char* short_escape(char c) noexcept {
    switch (c) {
        case '"': return "\\\"";
        case '\\': return "\\\\";
        case '\n': return "\\n";
        case '\r': return "\\r";
        case '\t': return "\\t";
        case '\b': return "\\b";
        case '\f': return "\\f";
        default: return nullptr;
    }
}

void append_control(std::string& out, std::string_view code_point) {
    constexpr std::string_view digits = "0123456789abcdef";
    // Every control is below U+0100, and the last byte of its UTF-8 form is its number.
    const auto number = static_cast<std::uint8_t>(code_point.back());
    out += "\\u00";
    out += digits[number >> 4U];
    out += digits[number & 15U];
}

bool is_plain(char c) noexcept {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\';
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
    if (text.empty()) return malformed_at("no JSON", 0);
    // The parser takes a bare NUL for the end of the input and would never look at what follows.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) return malformed_at("NUL", nul);
    return Builder{text}.run();
}

std::string to_text(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (std::size_t at = 0; at < text.size();) {
        auto plain_end = at;
        while (plain_end < text.size() && is_plain(text[plain_end])) ++plain_end;
        out.append(text, at, plain_end - at);
        at = plain_end;
        if (at == text.size()) break;

        const auto length = utf8_length(text, at);
        const auto code_point = text.substr(at, length);
        if (length == 0)
            out += "\xEF\xBF\xBD";  // U+FFFD stands for a byte that means nothing
        else if (const auto* escape = short_escape(text[at]))
            out += escape;
        else if (is_control(code_point))
            append_control(out, code_point);
        else
            out += code_point;
        at += length == 0 ? 1 : length;
    }
    out += '"';
}

}  // namespace carillon
