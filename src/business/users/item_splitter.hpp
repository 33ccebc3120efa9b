#pragma once
// Cuts a JSON array or JSON lines, as they come in pieces, into the texts of their items, and holds no more
// than one item at a time. The first byte that is not blank decides which of the two it is.
//
// It knows only as much of JSON as finding the ends takes; whether an item is valid its parser says.
#include <carillon/error.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::business::users {

class ItemSplitter {
public:
    struct Limits {
        std::size_t item_bytes = 16 << 10;
        std::size_t depth = 64;
    };
    struct Item {
        std::string text;        // empty when too_large
        std::size_t offset = 0;  // of its first byte in the whole text
        bool too_large = false;
    };

    explicit ItemSplitter(Limits limits) : limits_{limits} {}

    // The piece must stay until next() has returned nothing.
    void feed(std::string_view piece);
    // No more is coming: what is still missing is now an error, and a last line without its end an item.
    void finish();
    // The next whole item; nothing when more is needed, at the end, and after an error.
    [[nodiscard]] std::optional<Item> next();
    // Failure::malformed with the byte offset: the text is neither of the two.
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
    // Where in the whole text it stands.
    [[nodiscard]] std::size_t offset() const noexcept { return before_piece_ + at_; }

private:
    enum class State { start, opened, separated, in_item, after_item, closed, line_start, in_line };

    // Each looks at one byte and says whether it was used up.
    bool step(char c);
    bool step_start(char c);
    bool step_between(char c);
    bool step_item(char c);
    bool step_text(char c);
    bool step_scalar_end();
    void begin(State state);
    void take(char c);
    void complete(State state);
    bool fail(std::string_view what);

    Limits limits_;
    State state_ = State::start;
    std::string_view piece_;
    std::size_t before_piece_ = 0;
    std::size_t at_ = 0;
    Item item_;
    std::size_t depth_ = 0;
    bool quoted_ = false;
    bool escaped_ = false;
    bool complete_ = false;
    std::optional<Error> error_;
};

}  // namespace carillon::business::users
