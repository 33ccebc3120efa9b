#pragma once
// The first stage: committed events become feed rows and deliveries, many at a time.
//
// Threads: the event loop; the planning itself runs on the database's threads. Lifetime: outlives its
// coroutines. Invariants: two batches that are under way at once tell no person in common, so that
// everybody's feed has the
//   order in which their events came. An event that is not taken here (memory is bounded) or that fails stays
//   in the outbox, and its lease brings it back.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "db/database.hpp"
#include "notify/outbox.hpp"
#include "notify/planning.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Planner {
public:
    struct Settings {
        PlanSettings plan;
        std::string node;
        std::size_t lanes = 3;
        std::size_t batch_limit = 200;       // events in a transaction
        std::size_t people_limit = 2'000;    // whom they name together; one event may name more
        std::size_t waiting_limit = 20'000;  // events in memory
        int tries = 5;                       // then the event is recorded as not plannable
    };
    struct Hooks {
        std::function<Room()> room;
        std::function<void(Planned)> planned;
        std::function<void()> broadcast;
        std::function<void()> in_doubt;  // it may be planned, and nobody was told
    };
    Planner(asio::any_io_executor executor, db::Database& database, const Channels& channels, Books& books,
            std::shared_ptr<const Policy> policy, Settings settings, Hooks hooks);

    // Takes up what was left behind, before anything new comes. Throws Unavailable.
    asio::awaitable<void> prepare();
    void start();
    void submit(Event event);
    void use(std::shared_ptr<const Policy> policy) { policy_ = std::move(policy); }
    [[nodiscard]] std::shared_ptr<const Policy> policy() const { return policy_; }
    [[nodiscard]] PlanningTerms terms() const;
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
    // Finishes what it has begun.
    asio::awaitable<void> stop();

private:
    struct Item {
        Event event;
        std::vector<std::string> names;
        int tries = 0;
    };
    using Items = std::vector<Item>;

    void open_lanes();
    [[nodiscard]] Items take_batch();
    asio::awaitable<void> run_lane();
    asio::awaitable<void> plan(Items items);
    asio::awaitable<void> plan_one_by_one(Items items);
    asio::awaitable<bool> attempt(const Items& items);
    asio::awaitable<void> watch_outbox();
    asio::awaitable<std::chrono::milliseconds> take_overdue();
    void take_over(const std::vector<Overdue>& overdue, std::vector<Event> events);
    asio::awaitable<void> give_up(const Event& event);
    asio::awaitable<void> pause(asio::steady_timer& timer, std::chrono::milliseconds time);
    void enqueue(Item item, bool first);
    void spawn(asio::awaitable<void> work);

    asio::any_io_executor executor_;
    db::Database& database_;
    const Channels& channels_;
    Books& books_;
    std::shared_ptr<const Policy> policy_;
    Settings settings_;
    Hooks hooks_;
    std::deque<Item> waiting_;
    std::unordered_map<std::string, int> busy_;  // people of the batches under way
    std::size_t lanes_open_ = 0;
    bool lane_coming_ = false;
    std::size_t working_ = 0;
    bool stopping_ = false;
    asio::steady_timer watch_timer_;

    asio::steady_timer stopped_;
};

}  // namespace carillon::notify
