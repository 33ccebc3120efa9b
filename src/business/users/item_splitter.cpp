#include "business/users/item_splitter.hpp"

#include <utility>

namespace carillon::business::users {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

void ItemSplitter::feed(std::string_view piece) {
    before_piece_ += piece_.size();
    piece_ = piece;
    at_ = 0;
}

void ItemSplitter::finish() {
    feed({});
    if (error_) return;
    switch (state_) {
        case State::closed:
        case State::line_start: return;
        case State::in_line: complete(State::line_start); return;
        case State::start: fail("no JSON"); return;
        case State::opened:
        case State::separated:
        case State::in_item:
        case State::after_item: fail("JSON ends too early"); return;
    }
}

std::optional<ItemSplitter::Item> ItemSplitter::next() {
    while (!complete_ && !error_ && at_ < piece_.size())
        if (step(piece_[at_])) ++at_;
    if (!complete_) return std::nullopt;
    complete_ = false;
    return std::exchange(item_, Item{});
}

bool ItemSplitter::step(char c) {
    switch (state_) {
        case State::in_item: return quoted_ ? step_text(c) : step_item(c);
        case State::in_line:
            if (c == '\n')
                complete(State::line_start);
            else
                take(c);
            return true;
        default: return is_blank(c) || step_between(c);
    }
}

bool ItemSplitter::step_between(char c) {
    switch (state_) {
        case State::start: return step_start(c);
        case State::line_start: begin(State::in_line); return false;
        case State::opened:
        case State::separated:
            if (c == ']' && state_ == State::opened) {
                state_ = State::closed;
                return true;
            }
            if (c == ']' || c == ',') return fail("expected an item of the array");
            begin(State::in_item);
            return false;
        case State::after_item:
            if (c != ',' && c != ']') return fail("expected ',' or ']'");
            state_ = c == ',' ? State::separated : State::closed;
            return true;
        default: return fail("something follows the end of the array");
    }
}

bool ItemSplitter::step_start(char c) {
    if (c == '[') {
        state_ = State::opened;
        return true;
    }
    if (c != '{') return fail("expected a JSON array or JSON lines");
    begin(State::in_line);
    return false;
}

// Brackets are counted and not matched: a pair that does not match ends an item that its parser refuses.
bool ItemSplitter::step_item(char c) {
    const bool outermost = depth_ == 0;
    if (outermost && (c == ',' || c == ']' || is_blank(c))) return step_scalar_end();
    take(c);
    if (c == '"') quoted_ = true;
    if (c == '{' || c == '[') {
        if (++depth_ > limits_.depth) return fail("more than " + std::to_string(limits_.depth) + " levels");
    }
    if (!outermost && (c == '}' || c == ']') && --depth_ == 0) complete(State::after_item);
    return true;
}

bool ItemSplitter::step_text(char c) {
    take(c);
    if (escaped_) {
        escaped_ = false;
    } else if (c == '\\') {
        escaped_ = true;
    } else if (c == '"') {
        quoted_ = false;
        if (depth_ == 0) complete(State::after_item);
    }
    return true;
}

// A number or a word ends where something else begins, which is not its own.
bool ItemSplitter::step_scalar_end() {
    complete(State::after_item);
    return false;
}

void ItemSplitter::begin(State state) {
    state_ = state;
    item_.offset = offset();
    depth_ = 0;
}

void ItemSplitter::take(char c) {
    if (item_.too_large) return;
    if (item_.text.size() < limits_.item_bytes) {
        item_.text += c;
        return;
    }
    item_.too_large = true;
    std::string{}.swap(item_.text);  // an assignment would keep the memory
}

void ItemSplitter::complete(State state) {
    state_ = state;
    complete_ = true;
}

bool ItemSplitter::fail(std::string_view what) {
    error_ = Error{Failure::malformed, "malformed_json",
                   std::string{what} + " at byte " + std::to_string(offset())};
    return false;
}

}  // namespace carillon::business::users
