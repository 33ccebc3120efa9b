#pragma once
// Whom we call: scheme, host and port, and how many calls may be under way to each.
//
// The calls beyond that wait here and not inside curl, which would look at each of them at every turn and, in
// 7.88, forgets the timeout of those that wait for a connection.
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "outbound/generations.hpp"

namespace carillon::outbound {

struct Exchange;

struct Origin {
    std::deque<Exchange*> waiting;
    std::size_t active = 0;
    bool multiplexes = false;  // as its last answer was HTTP/2
    Generations generations;
};

class Origins {
public:
    Origins(std::size_t connections, std::size_t streams) : connections_{connections}, streams_{streams} {}

    // Stays where it is as long as it has calls.
    [[nodiscard]] Origin& of(std::string_view url);
    [[nodiscard]] bool has_room(const Origin& origin) const noexcept {
        return origin.active < (origin.multiplexes ? connections_ * streams_ : connections_);
    }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    void forget_idle_ones();

    std::size_t connections_;
    std::size_t streams_;
    std::unordered_map<std::string, Origin, Hash, std::equal_to<>> origins_;
};

}  // namespace carillon::outbound
