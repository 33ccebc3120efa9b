#include "net/timer_wheel.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace carillon::net {

TimerWheel::Deadline::Deadline(TimerWheel& wheel, std::function<void()> expired)
    : wheel_{wheel}, expired_{std::move(expired)} {}

TimerWheel::Deadline::~Deadline() {
    unlink();
}

void TimerWheel::Deadline::unlink() noexcept {
    if (!slot_) return;
    *link_ = next_;
    if (next_) next_->link_ = link_;
    slot_ = 0;
}

void TimerWheel::Deadline::set(std::chrono::milliseconds from_now) {
    const auto ticks = static_cast<std::uint64_t>(from_now / tick) + 1;
    due_ = wheel_.now_ + ticks;
    if (slot_ && slot_ <= due_) return;
    unlink();
    wheel_.link(*this, due_);
}

void TimerWheel::link(Deadline& deadline, std::uint64_t due) {
    // Farther than one turn: the wheel comes by early and links it again.
    const auto slot = std::min(due, now_ + slots - 1);
    auto*& head = wheel_[slot % slots];
    deadline.slot_ = slot;
    deadline.next_ = head;
    deadline.link_ = &head;
    if (head) head->link_ = &deadline.next_;
    head = &deadline;
}

void TimerWheel::advance() {
    ++now_;
    auto*& head = wheel_[now_ % slots];
    while (head) {
        auto& deadline = *head;
        deadline.unlink();
        if (deadline.due_ == 0) continue;
        if (deadline.due_ > now_) {
            link(deadline, deadline.due_);
        } else {
            deadline.due_ = 0;
            deadline.expired_();
        }
    }
}

asio::awaitable<void> TimerWheel::run() {
    auto next = std::chrono::steady_clock::now();
    while (!stopped_) {
        next += tick;
        timer_.expires_at(next);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (stopped_) co_return;
        advance();
        // After a long pause (a suspended machine) nobody is punished for the time that was lost.
        next = std::max(next, std::chrono::steady_clock::now() - tick);
    }
}

void TimerWheel::stop() {
    stopped_ = true;
    timer_.cancel();
}

}  // namespace carillon::net
