#pragma once
// The HTTP client. libcurl multi on a thread of its own; calls are awaited on the caller's executor.
//
// Purpose: one place that speaks HTTP to the outside, HTTP/2 where the other side can, over few connections
// that
//   are kept. It makes one call per send(): it never repeats one by itself, because whoever asked has to know
//   how often a provider was called.
// Threads: send() on the event loop; the transfers on the client's thread. stop() cancels what is under way.
// Lifetime: outlives every coroutine that awaits it.
// Invariants: redirects are not followed; bodies beyond the limit end the call; nothing of a request is
// logged.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::outbound {

namespace asio = boost::asio;

struct ClientSettings {
    std::size_t connections_per_host = 4;
    std::size_t streams_per_connection = 100;  // of HTTP/2; what the other side advertises counts too
    std::chrono::milliseconds connect_timeout{5'000};
    std::size_t waiting_limit = 10'000;  // calls; beyond it Failure::refused
    std::string user_agent = "carillon";
    std::string ca_file;  // empty: the system's
};

struct Call {
    std::string method = "POST";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{15'000};  // for the whole call, waiting for a connection included
    std::size_t answer_limit = 1 << 20;
};

// How far a call got that brought no answer.
enum class Failure {
    none,
    refused,        // never tried: too many calls wait, or the client has stopped
    not_connected,  // name, connection or TLS failed: nothing was sent
    not_sent,       // connected, but the connection broke before a byte of the request left
    lost,           // the request, or a part of it, left; no complete answer came
    timed_out_unsent,
    timed_out_sent,
    too_large,  // the answer
};

struct Reply {
    Failure failure = Failure::none;
    int status = 0;
    std::string content_type;
    std::optional<std::chrono::seconds> retry_after;  // from seconds or from an HTTP date
    std::string body;
    std::chrono::microseconds took{};
    int http_version = 0;  // 11 or 20
    std::string error;     // for the log: curl's words, no address and no secret

    [[nodiscard]] bool answered() const noexcept { return failure == Failure::none; }
    // Whoever it went to has not seen any of it.
    [[nodiscard]] bool surely_unsent() const noexcept {
        return failure == Failure::refused || failure == Failure::not_connected ||
               failure == Failure::not_sent || failure == Failure::timed_out_unsent;
    }
};

struct ClientNumbers {
    std::size_t in_flight = 0;
    std::uint64_t calls = 0;
    std::uint64_t connections = 0;  // opened since the start
};

class Client {
public:
    explicit Client(ClientSettings settings);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // Never throws for what the network does.
    asio::awaitable<Reply> send(Call call);
    // Ends what is under way with Failure::lost or the like, and joins.
    void stop();
    [[nodiscard]] ClientNumbers numbers() const;

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

// application/x-www-form-urlencoded, and a segment of a path.
[[nodiscard]] std::string url_encode(std::string_view text);

}  // namespace carillon::outbound
