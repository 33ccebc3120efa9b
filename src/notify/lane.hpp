#pragma once
// One channel's way out: who is next, and whether anyone may go now. No clock, no socket: time comes in.
#include <carillon/channel.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "notify/breaker.hpp"
#include "notify/delivery.hpp"
#include "notify/fair_queue.hpp"
#include "notify/pace.hpp"

namespace carillon::notify {

class Lane {
public:
    using Instant = std::chrono::steady_clock::time_point;

    Lane(Channel& channel, std::size_t capacity, std::function<double()> random);

    // Leased by us; it waits here for its turn.
    void push(Delivery delivery);
    // How many more it would hold.
    [[nodiscard]] std::size_t room(Instant now) const noexcept;
    // Neither down nor resting.
    [[nodiscard]] bool open(Instant now) const noexcept;

    // The next to go; when nobody may, `wait` says for how long, if it is a matter of time.
    struct Turn {
        std::optional<Delivery> delivery;
        std::optional<std::chrono::steady_clock::duration> wait;
    };
    [[nodiscard]] Turn next(Instant now);
    void ended(const Outcome& outcome, Instant now);
    // It went nowhere after all.
    void gave_up() noexcept { --in_flight_; }

    std::optional<Delivery> remove(const DeliveryId& id);
    // All that waits, for whoever stops.
    [[nodiscard]] std::vector<Delivery> drain();

    void pause_until(Instant until) noexcept { paused_until_ = until; }
    [[nodiscard]] bool paused(Instant now) const noexcept { return now < paused_until_; }
    [[nodiscard]] Breaker::State breaker() const noexcept { return breaker_.state(); }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }
    [[nodiscard]] Channel& channel() const noexcept { return channel_; }
    // When it may be worth asking again.
    [[nodiscard]] Instant opens_at() const noexcept;

private:
    Channel& channel_;
    std::size_t capacity_;
    ChannelLimits limits_;
    FairQueue<Delivery> waiting_;
    Breaker breaker_;
    Pace pace_;
    Instant paused_until_{};
    std::size_t in_flight_ = 0;
};

}  // namespace carillon::notify
