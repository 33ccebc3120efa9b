#pragma once
// All WebSockets of a server: who they are, what waits in their queues, and whose turn it is to write.
//
// Threads: the event loop. Lifetime: outlives its sockets; a server stops them with its sessions.
// Fairness: sockets with something to write go in turns, so many at a time, so that one message for ten
//   thousand readers does not keep everybody else waiting until the last of them has it.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/websocket.hpp"

namespace carillon::net {

struct WebSocketSettings {
    std::size_t message_bytes = 64 << 10;
    std::chrono::seconds ping{25};
    std::chrono::seconds stall{60};  // a socket that takes nothing for so long is closed
    std::chrono::seconds close{5};   // for the other side to say goodbye
};

struct WebSocketNumbers {
    std::size_t open = 0;
    std::uint64_t opened = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t stalled = 0;     // closed because they took nothing
    std::uint64_t unanswered = 0;  // closed because they did not answer pings
    std::uint64_t failed = 0;      // broke the protocol
    std::size_t queued_bytes = 0;
};

class WebSockets {
public:
    // `gone` is told the address key of each that ends.
    WebSockets(boost::asio::io_context& io, TimerWheel& wheel, WebSocketSettings settings,
               std::function<void(const std::string&)> gone);
    ~WebSockets();

    void adopt(Stream stream, std::shared_ptr<Speaker> speaker, std::string peer, std::string address_key,
               std::string received);
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
    [[nodiscard]] std::size_t size() const noexcept { return numbers_.open; }
    [[nodiscard]] const WebSocketNumbers& numbers() const noexcept { return numbers_; }

    // Says goodbye to all; whoever comes later is told so at once.
    void going_away();
    void abort();

    // For the sockets.
    [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
    [[nodiscard]] TimerWheel& wheel() noexcept { return wheel_; }
    [[nodiscard]] const WebSocketSettings& settings() const noexcept { return settings_; }
    [[nodiscard]] WebSocketNumbers& count() noexcept { return numbers_; }
    [[nodiscard]] std::chrono::milliseconds patience() const noexcept;
    void schedule(WebSocket& socket);
    void bury(WebSocket& socket);

private:
    void write_turn();
    void remove(WebSocket& socket);

    boost::asio::io_context& io_;
    TimerWheel& wheel_;
    WebSocketSettings settings_;
    std::function<void(const std::string&)> gone_;
    WebSocket* first_ = nullptr;
    std::vector<WebSocket*> to_write_;
    std::size_t writing_ = 0;  // of them, the first whose turn has not been
    std::vector<WebSocket*> dead_;
    bool turn_comes_ = false;
    bool leaving_ = false;
    WebSocketNumbers numbers_;
};

}  // namespace carillon::net
