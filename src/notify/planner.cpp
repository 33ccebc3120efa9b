#include "notify/planner.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <carillon/log.hpp>
#include <exception>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/broadcast_store.hpp"
#include "notify/outbox.hpp"

namespace carillon::notify {
namespace {

constexpr std::chrono::milliseconds pause_after_failure{200};
constexpr int claimed_at_once = 500;
// The commit's answer was lost.
constexpr std::string_view outcome_unknown = "outcome_unknown";
// Nobody else's events are here unless another process died; then its lease has to run out first anyway.
constexpr std::chrono::milliseconds longest_watch{std::chrono::seconds{30}};
// How far a batch looks for events whose people are not being told something already.
constexpr std::size_t looked_through = 1'000;

}  // namespace

Planner::Planner(asio::any_io_executor executor, db::Database& database, const Channels& channels,
                 Books& books, std::shared_ptr<const Policy> policy, Settings settings, Hooks hooks)
    : executor_{std::move(executor)},
      database_{database},
      channels_{channels},
      books_{books},
      policy_{std::move(policy)},
      settings_{std::move(settings)},
      hooks_{std::move(hooks)},
      watch_timer_{executor_},

      stopped_{executor_} {}

asio::awaitable<void> Planner::prepare() {
    struct Left {
        std::vector<Overdue> rows;
        std::vector<Event> events;
    };
    auto job = [](db::Session& session) {
        Left left;
        left.rows = claim_leftovers(session);
        std::vector<std::string> ids;
        for (const auto& row : left.rows) ids.push_back(row.id);
        if (!ids.empty()) left.events = read_events(session, ids);
        return left;
    };
    auto left = co_await database_.transact(std::move(job));
    take_over(left.rows, std::move(left.events));
}

void Planner::start() {
    spawn(watch_outbox());
}

void Planner::submit(Event event) {
    if (waiting_.size() >= settings_.waiting_limit || stopping_) return;
    kill_point("event.committed");
    Item item;
    item.names = names_told(event, *policy_);
    item.event = std::move(event);
    enqueue(std::move(item), false);
}

PlanningTerms Planner::terms() const {
    PlanningTerms terms{channels_, books_, policy_, settings_.plan, settings_.node, {}};
    if (hooks_.room) terms.room = hooks_.room();
    return terms;
}

void Planner::enqueue(Item item, bool first) {
    if (first)
        waiting_.push_front(std::move(item));
    else
        waiting_.push_back(std::move(item));
    open_lanes();
}

// Posted, so that everything that is committed in this turn of the loop is planned together.
void Planner::open_lanes() {
    if (lanes_open_ >= settings_.lanes || lane_coming_ || stopping_) return;
    lane_coming_ = true;
    asio::post(executor_, [this] {
        lane_coming_ = false;
        if (waiting_.empty() || lanes_open_ >= settings_.lanes) return;
        ++lanes_open_;
        spawn(run_lane());
    });
}

// From the front, leaving out whoever is told something by another batch, or by an event that was left out.
Planner::Items Planner::take_batch() {
    Items batch;
    std::unordered_set<std::string> blocked;
    const auto limit = std::min(waiting_.size(), looked_through);
    std::deque<Item> left;
    std::size_t looked = 0;
    std::size_t people = 0;
    for (; looked < limit && batch.size() < settings_.batch_limit && people < settings_.people_limit;
         ++looked) {
        auto& item = waiting_[looked];
        const bool free = std::none_of(item.names.begin(), item.names.end(), [&](const std::string& name) {
            return blocked.contains(name) || busy_.contains(name);
        });
        if (free) {
            people += item.names.size();
            batch.push_back(std::move(item));
        } else {
            blocked.insert(item.names.begin(), item.names.end());
            left.push_back(std::move(item));
        }
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(looked));
    waiting_.insert(waiting_.begin(), std::make_move_iterator(left.begin()),
                    std::make_move_iterator(left.end()));
    for (const auto& item : batch) {
        for (const auto& name : item.names) ++busy_[name];
    }
    return batch;
}

asio::awaitable<void> Planner::run_lane() {
    while (!waiting_.empty() && !stopping_) {
        auto batch = take_batch();
        if (batch.empty()) break;  // all of them wait for a lane that is under way, which goes on with them
        std::vector<std::string> names;
        for (const auto& item : batch) names.insert(names.end(), item.names.begin(), item.names.end());
        if (!waiting_.empty()) open_lanes();
        co_await plan(std::move(batch));
        for (const auto& name : names) {
            const auto busy = busy_.find(name);
            if (--busy->second == 0) busy_.erase(busy);
        }
    }
    --lanes_open_;
}

asio::awaitable<void> Planner::plan(Items items) {
    bool again = false;
    try {
        const bool done = co_await attempt(items);
        if (done) co_return;
    } catch (const Unavailable& away) {
        // What takes too long together may go one by one; the same batch again would take as long again.
        again = away.code() != "database_timeout";
        if (away.code() == outcome_unknown && hooks_.in_doubt) hooks_.in_doubt();
    }
    if (again) {
        // Their rows are safe in the outbox; here they wait, so that nothing waits for a lease that need not.
        asio::steady_timer timer{executor_,
                                 pause_after_failure};  // its own: lanes that wait must not wake each other
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (stopping_ || waiting_.size() >= settings_.waiting_limit) co_return;
        for (auto it = items.rbegin(); it != items.rend(); ++it) enqueue(std::move(*it), true);
        co_return;
    }
    co_await plan_one_by_one(std::move(items));
}

// One of them cannot be planned. It must not hold up the others, so each goes alone.
asio::awaitable<void> Planner::plan_one_by_one(Items items) {
    if (items.size() == 1) {
        if (items.front().tries >= settings_.tries) co_await give_up(items.front().event);
        co_return;  // otherwise the outbox brings it back
    }
    for (auto& item : items) {
        Items alone;
        alone.push_back(std::move(item));
        try {
            const bool done = co_await attempt(alone);
            if (!done && alone.front().tries >= settings_.tries) co_await give_up(alone.front().event);
        } catch (const Unavailable& away) {
            if (away.code() == outcome_unknown && hooks_.in_doubt) hooks_.in_doubt();
            co_return;
        }
    }
}

// False: it cannot be done. Throws Unavailable.
asio::awaitable<bool> Planner::attempt(const Items& items) {
    std::vector<Event> events;
    for (const auto& item : items) events.push_back(item.event);
    const auto terms_now = terms();
    try {
        auto job = [&events, &terms_now](db::Session& session) {
            return plan_events(session, events, terms_now);
        };
        auto planned = co_await database_.transact(std::move(job));
        kill_point("plan.committed");
        const bool broadcasts = planned.broadcasts > 0;
        if (hooks_.planned) hooks_.planned(std::move(planned));
        if (broadcasts && hooks_.broadcast) hooks_.broadcast();
        co_return true;
    } catch (const Unavailable&) {
        throw;
    } catch (const std::exception& surprise) {
        log::error(
            "planning_failed",
            {{"event_id", events.front().id.value()}, {"events", events.size()}, {"what", surprise.what()}});
        co_return false;
    }
}

asio::awaitable<void> Planner::give_up(const Event& event) {
    const auto terms_now = terms();
    try {
        auto job = [&event, &terms_now](db::Session& session) { give_up_on(session, event, terms_now); };
        co_await database_.transact(std::move(job));
    } catch (const std::exception& surprise) {
        log::error("planning_given_up_failed", {{"event_id", event.id.value()}, {"what", surprise.what()}});
    }
}

asio::awaitable<void> Planner::watch_outbox() {
    while (!stopping_) {
        auto sleep = longest_watch;
        try {
            sleep = co_await take_overdue();
        } catch (const std::exception& surprise) {
            log::debug("outbox_not_read", {{"what", surprise.what()}});
            sleep = std::chrono::seconds{1};
        }
        co_await pause(watch_timer_, std::max(sleep, std::chrono::milliseconds{10}));
    }
}

asio::awaitable<std::chrono::milliseconds> Planner::take_overdue() {
    struct Found {
        std::vector<Overdue> overdue;
        std::vector<Event> events;
        std::optional<std::chrono::milliseconds> next;
    };
    const auto space = settings_.waiting_limit - std::min(settings_.waiting_limit, waiting_.size());
    const auto limit = std::min<std::size_t>(space, claimed_at_once);
    auto job = [limit](db::Session& session) {
        Found found;
        found.overdue = claim_outbox(session, static_cast<int>(limit));
        std::vector<std::string> ids;
        for (const auto& each : found.overdue) ids.push_back(each.id);
        if (!ids.empty()) found.events = read_events(session, ids);
        found.next = next_in_outbox(session);
        return found;
    };
    const auto found = co_await database_.transact(std::move(job));
    take_over(found.overdue, found.events);
    co_return std::min(found.next.value_or(longest_watch), longest_watch);
}

// Both lists are in the order of the ids, and each event has its row.
void Planner::take_over(const std::vector<Overdue>& overdue, std::vector<Event> events) {
    if (!overdue.empty()) log::info("events_taken_over", {{"count", overdue.size()}});
    auto row = overdue.begin();
    for (auto& event : events) {
        row = std::find_if(row, overdue.end(),
                           [&event](const Overdue& each) { return each.id == event.id.value(); });
        if (row == overdue.end()) return;
        const auto is_it = [&event](const Item& item) { return item.event.id == event.id; };
        if (std::any_of(waiting_.begin(), waiting_.end(), is_it)) continue;  // it has only waited long here
        Item item;
        item.names = names_told(event, *policy_);
        item.tries = row->tries;
        item.event = std::move(event);
        enqueue(std::move(item), false);
    }
}

asio::awaitable<void> Planner::pause(asio::steady_timer& timer, std::chrono::milliseconds time) {
    if (stopping_) co_return;
    timer.expires_after(time);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Planner::stop() {
    stopping_ = true;
    watch_timer_.cancel();

    while (working_ > 0) {
        stopped_.expires_at(asio::steady_timer::time_point::max());
        co_await stopped_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Planner::spawn(asio::awaitable<void> work) {
    ++working_;
    asio::co_spawn(executor_, std::move(work), [this](const std::exception_ptr& surprise) {
        --working_;
        if (working_ == 0) stopped_.cancel();
        if (surprise) std::rethrow_exception(surprise);
    });
}

}  // namespace carillon::notify
