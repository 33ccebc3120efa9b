#include "sandbox/pauses.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace carillon::sandbox {

asio::awaitable<bool> Pauses::wait(std::chrono::milliseconds time) {
    if (stopped_) co_return false;
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, time};
    waiting_.insert(&timer);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    waiting_.erase(&timer);
    co_return !stopped_;
}

void Pauses::stop() {
    stopped_ = true;
    for (auto* timer : waiting_) timer->cancel();
}

}  // namespace carillon::sandbox
