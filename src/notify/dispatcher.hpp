#pragma once
// Carries deliveries out: each waits for its turn in its channel's lane, is attempted once, and its end is
// written down. What is here is leased by this process; the leases are renewed as long as it is.
//
// Threads: the event loop. Lifetime: outlives its coroutines; stop() waits for them.
// Invariants: a call begins only after its beginning is stored; an end is written until the database has it.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "db/batcher.hpp"
#include "notify/channels.hpp"
#include "notify/lane.hpp"
#include "notify/queue_store.hpp"
#include "notify/settle.hpp"
#include "notify/settler.hpp"

namespace carillon::notify {

struct DispatcherSettings {
    std::string node;
    std::chrono::seconds lease{30};
    std::size_t held_per_channel = 2'000;  // beyond that, deliveries wait in the queue's table
    RetryPolicy retry;
    std::map<std::string, RetryPolicy, std::less<>> retry_of;  // channels that have their own
};

// For the metrics.
struct AttemptNews {
    std::string_view channel;
    std::string_view verdict;
    std::string_view reason;
    std::chrono::nanoseconds took;
    std::chrono::microseconds waited;  // since it could first have gone out
};

struct ChannelState {
    std::string name;
    std::string disabled;
    std::string_view breaker;
    bool paused = false;
    std::size_t waiting = 0;
    std::size_t in_flight = 0;
};

class Dispatcher {
public:
    struct Hooks {
        std::function<void(const DeliveryId&, const Ending&, const Settled&)> settled;
        std::function<void(const AttemptNews&)> attempted;
        std::function<void()> room;                             // a lane that was full has room again
        std::function<void(std::chrono::milliseconds)> due_in;  // something was put off for so long
    };
    Dispatcher(asio::any_io_executor executor, db::Database& database, const Channels& channels,
               DispatcherSettings settings, Clock clock, std::function<double()> random, Hooks hooks);
    Dispatcher(const Dispatcher&) = delete;
    Dispatcher& operator=(const Dispatcher&) = delete;

    void start();
    void take(Delivery delivery);
    // An end without a call, for what was claimed and need not go out.
    void finish(Ending ending);
    [[nodiscard]] std::size_t room(std::string_view channel) const;
    [[nodiscard]] std::vector<ChannelState> states() const;
    // When one that is closed may be open again.
    [[nodiscard]] std::optional<std::chrono::steady_clock::time_point> next_opening() const;
    // Out of turn: after an outage longer than the leases.
    asio::awaitable<void> renew_now();
    void resume(std::string_view channel);
    // It was told to before we started.
    void rest(std::string_view channel, std::chrono::seconds time);

    // Begins nothing new, gives back what has not begun, and waits for the rest until then.
    asio::awaitable<void> stop(std::chrono::steady_clock::time_point deadline);

private:
    struct Track {
        Lane lane;
        asio::steady_timer timer;
        bool was_full = false;
    };
    void pump(Track& track);
    void schedule_pump(Track& track);
    asio::awaitable<void> carry_out(Track& track, Delivery delivery);
    asio::awaitable<Outcome> call(Channel& channel, const Message& message);
    asio::awaitable<bool> may_begin(Delivery& delivery);
    asio::awaitable<void> write(Ending ending);
    asio::awaitable<void> pause(Track& track, const Outcome& outcome);
    asio::awaitable<void> renew_leases();
    asio::awaitable<void> give_back();
    void forget(const DeliveryId& id);
    void left(Track& track);
    void spawn(asio::awaitable<void> work);
    [[nodiscard]] const RetryPolicy& retry_for(const std::string& channel) const;

    asio::any_io_executor executor_;
    db::Database& database_;
    DispatcherSettings settings_;
    Clock clock_;
    std::function<double()> random_;
    Hooks hooks_;
    Settler settler_;
    db::Batcher<Hold, bool> begins_;
    std::map<std::string, std::unique_ptr<Track>, std::less<>> tracks_;
    std::unordered_map<DeliveryId, std::int64_t> held_;  // with their fences
    asio::steady_timer renewal_;
    asio::steady_timer idle_;
    std::size_t working_ = 0;  // coroutines
    bool stopping_ = false;
};

}  // namespace carillon::notify
