#pragma once
// The hub with its doorway and its numbers, built from the configuration.
//
// Threads: the event loop. Lifetime: behind the pipeline and the users, before the router.
#include <boost/asio/any_io_executor.hpp>
#include <prometheus/metric_family.h>
#include <functional>
#include <vector>

#include "admin/socket_metrics.hpp"
#include "business/users/users.hpp"
#include "http/document.hpp"
#include "http/tickets.hpp"
#include "net/websockets.hpp"
#include "notify/feed.hpp"
#include "notify/replay.hpp"
#include "realtime/arrivals.hpp"
#include "realtime/doorway.hpp"
#include "realtime/hub.hpp"

namespace carillon::app {

namespace asio = boost::asio;

// The users' devices, as the hub wants them.
class SocketDevices final : public realtime::DeviceRegistry {
public:
    explicit SocketDevices(business::Users& users) : users_{users} {}
    asio::awaitable<Result<Registered>> enrol(UserId user, Json device) override;

private:
    business::Users& users_;
};

class Sockets {
public:
    struct Around {
        asio::any_io_executor executor;
        business::Users& users;
        notify::Feed& feed;
        notify::Replay& replay;
        http::Tickets& tickets;
        Clock clock;
    };
    Sockets(const Around& around, realtime::HubSettings settings);

    [[nodiscard]] http::Routes routes();
    void tell(const std::vector<notify::FeedItem>& items) { hub_.tell(items); }
    void distrust() { hub_.distrust(); }
    void start() { hub_.start(); }
    void stop() { hub_.stop(); }
    [[nodiscard]] std::vector<prometheus::MetricFamily> metrics(const net::WebSocketNumbers& wire) const;

private:
    admin::SocketMetrics metrics_;
    SocketDevices devices_;
    realtime::Hub hub_;
    realtime::Arrivals arrivals_;
    realtime::Doorway doorway_;
    http::Document description_;
};

}  // namespace carillon::app
