#include "realtime/arrivals.hpp"

#include <algorithm>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace carillon::realtime {
namespace {

constexpr std::chrono::milliseconds tick{10};
// Each of them is an HTTP connection that waits, of a few kilobytes.
constexpr std::size_t waiting_limit = 20'000;

}  // namespace

Arrivals::Arrivals(const asio::any_io_executor& executor, std::size_t per_second)
    : per_tick_{std::max<std::size_t>(per_second * static_cast<std::size_t>(tick.count()) / 1'000, 1)},
      free_{per_tick_},
      timer_{executor} {}

asio::awaitable<bool> Arrivals::turn() {
    wind();
    if (waiting_.empty() && free_ > 0) {
        --free_;
        co_return true;
    }
    if (waiting_.size() >= waiting_limit) {
        ++turned_away_;
        co_return false;
    }
    auto join = [this](auto handler) { waiting_.emplace_back(std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(join, asio::use_awaitable);
    co_return true;
}

// Only while somebody comes: a hub at rest has no timer.
void Arrivals::wind() {
    if (wound_) return;
    wound_ = true;
    timer_.expires_after(tick);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
        wound_ = false;
        if (!cancelled) admit();
    });
}

void Arrivals::admit() {
    free_ = per_tick_;
    while (free_ > 0 && !waiting_.empty()) {
        --free_;
        asio::post(timer_.get_executor(), std::move(waiting_.front()));
        waiting_.pop_front();
    }
    if (!waiting_.empty()) wind();
}

}  // namespace carillon::realtime
