#pragma once
// Coroutines and conditions in tests, without a sleep.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <stdexcept>
#include <utility>

namespace carillon::test {

namespace asio = boost::asio;

// Runs the loop until the answer is there; it, or its exception. Throws when it takes a minute.
template <class T>
T finish_on_loop(asio::io_context& io, std::future<T>& future) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes{1};
    while (future.wait_for(std::chrono::seconds{0}) != std::future_status::ready) {
        if (std::chrono::steady_clock::now() > limit) throw std::runtime_error{"the coroutine never ended"};
        if (io.stopped()) io.restart();
        io.run_one_for(std::chrono::milliseconds{100});
    }
    return future.get();
}

template <class T>
T run_on_loop(asio::io_context& io, asio::awaitable<T> work) {
    auto future = asio::co_spawn(io, std::move(work), asio::use_future);
    return finish_on_loop(io, future);
}

// Looks again and again until the condition holds; false when it never does.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds{10}) {
    asio::io_context io;
    asio::steady_timer pause{io};
    for (const auto end = std::chrono::steady_clock::now() + limit; !condition();) {
        if (std::chrono::steady_clock::now() > end) return false;
        pause.expires_after(std::chrono::milliseconds{5});
        pause.wait();
    }
    return true;
}

}  // namespace carillon::test
