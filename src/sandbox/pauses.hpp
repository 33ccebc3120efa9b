#pragma once
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <unordered_set>

namespace carillon::sandbox {

namespace asio = boost::asio;

// Every wait of the sandbox, so that stopping it ends them all.
// Threads: the event loop. Lifetime: outlives those who wait.
class Pauses {
public:
    // False: there is no time left to wait, the sandbox stops.
    asio::awaitable<bool> wait(std::chrono::milliseconds time);
    void stop();

private:
    std::unordered_set<asio::steady_timer*> waiting_;
    bool stopped_ = false;
};

}  // namespace carillon::sandbox
