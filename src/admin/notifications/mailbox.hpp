#pragma once
// A user's feed over REST, for whoever has no socket: read it, say what was seen, say that the app is open.
//
// Threads: the event loop. Lifetime: outlives every request.
#include <boost/asio/awaitable.hpp>

#include "http/route.hpp"
#include "notify/feed.hpp"

namespace carillon::admin {

namespace asio = boost::asio;

class Mailbox {
public:
    explicit Mailbox(notify::Feed& feed) : feed_{feed} {}

    [[nodiscard]] http::Routes routes();

private:
    using Answer = asio::awaitable<Result<Response>>;
    Answer list(Request& request);
    Answer read(Request& request);
    Answer acknowledge(Request& request);
    Answer show(Request& request);

    notify::Feed& feed_;
};

}  // namespace carillon::admin
