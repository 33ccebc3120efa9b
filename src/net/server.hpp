#pragma once
// Listens, accepts, and keeps the books of its sessions.
//
// Threads: the event loop. Lifetime: outlives its sessions, which stop() waits for.
// Overload: over the limit for everybody or for one address a socket is answered 503 or 429 and closed, so
// that
//   one client's sockets never cost another client's.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "http/router.hpp"
#include "net/proxies.hpp"
#include "net/timer_wheel.hpp"
#include "net/tls.hpp"
#include "net/websockets.hpp"

namespace carillon::net {

class HttpSession;

struct ListenAddress {
    std::string host;  // an address, IPv4 or IPv6
    std::uint16_t port = 0;
    bool tls = false;
};

struct ServerSettings {
    std::vector<ListenAddress> listen;
    bool reuse_port = false;
    std::size_t header_bytes = 16 << 10;
    std::chrono::seconds header_time{10};
    std::chrono::seconds body_time{30};
    std::chrono::seconds idle_time{75};
    std::chrono::seconds write_time{30};
    std::size_t connections = 100'000;
    std::size_t connections_per_address = 1'000;
    std::vector<std::string> trusted_proxies;
    WebSocketSettings sockets;
};

struct ServerNumbers {
    std::size_t connections = 0;  // of HTTP
    WebSocketNumbers sockets;
    std::uint64_t accepted = 0;
    std::uint64_t refused_total = 0;    // too many altogether
    std::uint64_t refused_address = 0;  // too many from one address
};

class Server {
public:
    Server(asio::io_context& io, ServerSettings settings, http::Router& router,
           std::shared_ptr<const TlsContext> tls);
    ~Server();

    // Binds every address and starts accepting; what was bound, ports filled in. Failure::invalid with a
    // sentence when an address is taken or malformed.
    Result<std::vector<std::string>> listen();
    void replace_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }

    // Stops accepting, lets every session answer what it has, and after the grace closes those that are idle.
    // What still runs at the deadline is cut off.
    asio::awaitable<void> stop(std::chrono::milliseconds grace, std::chrono::milliseconds deadline);

    [[nodiscard]] ServerNumbers numbers() const;

    // For the sessions.
    // `peer` is the client, `address` whoever is at the other end of the wire.
    void adopt(Stream stream, std::shared_ptr<Speaker> speaker, std::string peer, const std::string& address,
               std::string received);
    [[nodiscard]] const ServerSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] http::Router& router() noexcept { return router_; }
    [[nodiscard]] TimerWheel& wheel() noexcept { return wheel_; }
    [[nodiscard]] const Proxies& proxies() const noexcept { return proxies_; }
    [[nodiscard]] bool draining() const noexcept { return draining_; }

private:
    struct Listener;
    asio::awaitable<void> accept(Listener& listener);
    void admit(asio::ip::tcp::socket socket, bool tls);
    asio::awaitable<void> serve(asio::ip::tcp::socket socket, bool tls, std::string address);
    void close_idle();
    void left(const std::string& address_key);
    asio::awaitable<void> until_empty(std::chrono::steady_clock::time_point limit);

    asio::io_context& io_;
    ServerSettings settings_;
    http::Router& router_;
    std::shared_ptr<const TlsContext> tls_;
    Proxies proxies_;
    TimerWheel wheel_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    std::unordered_set<HttpSession*> sessions_;
    WebSockets sockets_;
    std::unordered_map<std::string, std::size_t> per_address_;
    ServerNumbers numbers_;
    bool draining_ = false;
};

}  // namespace carillon::net
