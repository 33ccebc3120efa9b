#pragma once
// Where messages are handed in and moved along: sending, publishing, the queue, the channels' health.
//
// Threads: the event loop. Lifetime: outlives every request; what it is made of outlives it.
#include <boost/asio/awaitable.hpp>
#include <carillon/time.hpp>
#include <functional>
#include <optional>
#include <string>

#include "http/route.hpp"
#include "notify/pipeline.hpp"
#include "notify/publisher.hpp"

namespace carillon::admin {

namespace asio = boost::asio;

class Counter {
public:
    Counter(notify::Pipeline& pipeline, notify::Publisher& publisher, std::function<bool()> database_up,
            Clock clock);

    [[nodiscard]] http::Routes routes();

private:
    using Answer = asio::awaitable<Result<Response>>;
    Answer send(Request& request);
    Answer publish(Request& request);
    Answer resend(Request& request);
    Answer process_queue(Request& request);
    Answer list_queue(Request& request);
    Answer retry(Request& request);
    Answer dismiss(Request& request);
    Answer resume_channel(Request& request);
    Answer health(Request& request);

    notify::Pipeline& pipeline_;
    notify::Publisher& publisher_;
    std::function<bool()> database_up_;
    Clock clock_;
    Time started_;
    // Anybody may ask for the health, as often as they like; the database is asked once a second.
    std::optional<notify::QueueNumbers> queue_;
    Time queue_read_{};
};

}  // namespace carillon::admin
