#pragma once
// HTTP/2 connections wear out. Curl 7.88 ends a stream that has ended with a reset of its own
// (STREAM_CLOSED), unless the answer told its length. Against floods of resets, servers built on nghttp2
// (Node, Envoy) break a connection after a thousand of them, and every call on it is lost. So calls move on
// to fresh connections before that: one call goes ahead, and when it was answered, the others follow. By then
// the new connection also knows how many streams it may carry.
#include <cstddef>
#include <cstdint>

namespace carillon::outbound {

class Generations {
public:
    struct Place {
        std::uint64_t generation = 0;
        bool ahead = false;  // of the others; its end must be told
    };

    // For a call that begins when so many are under way, itself included.
    [[nodiscard]] Place next(std::size_t active, std::size_t streams_per_connection);
    void went_ahead(bool answered);

private:
    std::uint64_t current_ = 0;
    double wear_ = 0;  // calls that the busiest connection of this generation has carried
    bool one_is_ahead_ = false;
};

}  // namespace carillon::outbound
