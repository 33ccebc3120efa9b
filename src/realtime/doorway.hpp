#pragma once
// How one comes in: the paths of the sockets, the tickets that open them, and who is here.
//
// Threads: the event loop. Lifetime: outlives every request.
#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "http/route.hpp"
#include "http/tickets.hpp"
#include "realtime/arrivals.hpp"
#include "realtime/hub.hpp"

namespace carillon::realtime {

class Doorway {
public:
    Doorway(Hub& hub, Arrivals& arrivals, http::Tickets& tickets);

    [[nodiscard]] http::Routes routes();

private:
    using Answer = asio::awaitable<Result<Response>>;
    Answer enter(Request& request);
    Answer ticket(Request& request);
    Answer status(Request& request);
    [[nodiscard]] Json status_json() const;

    Hub& hub_;
    Arrivals& arrivals_;
    http::Tickets& tickets_;
    std::chrono::steady_clock::time_point started_;
};

}  // namespace carillon::realtime
