#pragma once
// Plans broadcasts chunk by chunk in the background: each chunk is a transaction that also moves the job on,
// so a process that dies leaves a job that the next one goes on with, and nobody is told twice.
//
// Threads: the event loop. Lifetime: outlives its coroutine.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "db/database.hpp"
#include "notify/planning.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Broadcasts {
public:
    struct Hooks {
        std::function<PlanningTerms()> terms;
        std::function<void(Planned)> planned;
    };
    Broadcasts(asio::any_io_executor executor, db::Database& database, Hooks hooks);

    void start();
    void wake();
    asio::awaitable<void> stop();

private:
    asio::awaitable<void> run();
    asio::awaitable<bool> plan_a_chunk();

    asio::any_io_executor executor_;
    db::Database& database_;
    Hooks hooks_;
    asio::steady_timer timer_;
    asio::steady_timer stopped_;
    bool woken_ = false;
    bool running_ = false;
    bool stopping_ = false;
};

}  // namespace carillon::notify
