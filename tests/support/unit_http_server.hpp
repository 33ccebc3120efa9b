#pragma once
// The real server on a loopback port with a few routes of its own, its loop in a thread.
//
//   GET  /hello            {"hello": "world"}
//   GET  /number/{n}       {"n": …}
//   GET  /who              {"peer", "secure"}
//   GET  /large            12 MiB that tell their place, so that a byte too many or too few is seen
//   GET  /held             waits until let_go()
//   GET  /private          401
//   GET  /abandoned        ends the connection without an answer
//   POST /echo             {"got": the JSON}
//   POST /stream           {"pieces", "bytes"} of a body taken as it comes
//   POST /careless         answers without reading the body that it streams
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "net/server.hpp"
#include "support/http_client.hpp"
#include "support/unit_router.hpp"

namespace carillon::test {

// Limits that no test reaches by waiting: the tests turn the server's timer wheel themselves.
[[nodiscard]] net::ServerSettings patient();

[[nodiscard]] const std::string& large_body();

class TestServer {
public:
    explicit TestServer(net::ServerSettings settings = patient(),
                        std::shared_ptr<const net::TlsContext> tls = nullptr);
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] net::ServerNumbers numbers();
    // Turns the wheel tick by tick until it happens; how many ticks that took, 0 when it never does.
    int ticks_until(const std::function<bool()>& happened);
    void replace_tls(std::shared_ptr<const net::TlsContext> tls);

    // Waits until that many requests hang in /held.
    bool holds(int requests);
    void let_go();

    // Begins to stop; returns when new connections are refused and, without a grace, idle ones are told to
    // go.
    void begin_stop(std::chrono::milliseconds grace, std::chrono::milliseconds deadline);
    // The server has stopped and its loop has nothing left to do.
    bool ended();

private:
    boost::asio::awaitable<Result<Response>> hold(Request& request);
    void add_routes();
    // Runs it on the loop and waits for its answer.
    template <class Job>
    auto on_loop(Job job) {
        const auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
        auto answer = task->get_future();
        boost::asio::post(io_, [task] { (*task)(); });
        return answer.get();
    }

    boost::asio::io_context io_;
    RouterBench bench_;
    net::Server server_;
    boost::asio::steady_timer held_;
    std::atomic<int> holding_ = 0;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> loop_ended_ = false;
    std::uint16_t port_ = 0;
    std::thread thread_;
};

}  // namespace carillon::test
