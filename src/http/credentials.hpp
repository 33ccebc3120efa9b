#pragma once
// What a request shows of who sent it.
#include <carillon/error.hpp>
#include <carillon/request.hpp>
#include <string>

namespace carillon::http {

struct Credentials {
    std::string token;
    std::string ticket;
};

// The Authorization header. Nothing shown is no failure.
[[nodiscard]] Result<Credentials> credentials_of(const Request& request);

// Of a WebSocket's handshake: the header, ?token=, ?ticket=, or "bearer.<token>" beside "carillon.v1" in the
// list of protocols. One of them: two may contradict each other.
[[nodiscard]] Result<Credentials> credentials_of_handshake(const Request& request);

}  // namespace carillon::http
