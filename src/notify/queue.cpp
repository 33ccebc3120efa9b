#include "notify/queue.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <carillon/log.hpp>
#include <exception>
#include <utility>

#include "core/kill_point.hpp"

namespace carillon::notify {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Rows that come to be due later than others were claimed are found by the sweep, which looks from the
// beginning.
constexpr std::chrono::seconds sweep_every{5};
constexpr std::chrono::seconds floor_margin{2};
constexpr std::chrono::milliseconds pause_after_failure{500};
constexpr std::chrono::milliseconds shortest_sleep{20};

constexpr db::Statement make_due{"queue_force", R"sql(
    UPDATE notifications_queue
       SET due = now()
     WHERE id IN (SELECT id FROM notifications_queue
                   WHERE state = 'waiting' AND due > now() AND due < 'infinity'
                   ORDER BY due LIMIT $1 FOR UPDATE SKIP LOCKED))sql"};
constexpr std::size_t most_forced = 100'000;

}  // namespace

Queue::Queue(asio::any_io_executor executor, db::Database& database, const Channels& channels, Books& books,
             Dispatcher& dispatcher, Settings settings)
    : executor_{std::move(executor)},
      database_{database},
      channels_{channels},
      books_{books},
      dispatcher_{dispatcher},
      settings_{std::move(settings)},
      timer_{executor_},
      stopped_{executor_} {}

void Queue::start() {
    running_ = true;
    asio::co_spawn(executor_, run(), [this](const std::exception_ptr& surprise) {
        running_ = false;
        stopped_.cancel();
        if (surprise) std::rethrow_exception(surprise);
    });
}

void Queue::wake(std::chrono::milliseconds due_in) {
    const auto at = SteadyClock::now() + due_in;
    if (at >= wake_at_) return;
    wake_at_ = at;
    timer_.cancel();
}

asio::awaitable<void> Queue::stop() {
    stopping_ = true;
    timer_.cancel();
    while (running_) {
        stopped_.expires_at(SteadyClock::time_point::max());
        co_await stopped_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Queue::run() {
    while (!stopping_) {
        std::chrono::milliseconds sleep = pause_after_failure;
        try {
            // From here on a wake() is not lost: it will find this time in the future.
            wake_at_ = SteadyClock::time_point::max();
            // Before anything is claimed, or we would take over from ourselves what could not be renewed
            // meanwhile.
            if (std::exchange(was_away_, false)) co_await dispatcher_.renew_now();
            const auto claimed = co_await claim_some(nullptr);
            last_look_ = SteadyClock::now();
            if (claimed >= settings_.claim_limit) continue;
            sleep = co_await time_to_next();
        } catch (const Unavailable&) {
            was_away_ = true;
            // The pool says when the database is back; until then this is a question a moment, asked in
            // memory.
        } catch (const std::exception& surprise) {
            log::error("queue_failed", {{"what", surprise.what()}});
        }
        if (stopping_) break;
        wake_at_ = std::min(wake_at_, SteadyClock::now() + std::max(sleep, std::chrono::milliseconds{1}));
        while (!stopping_ && SteadyClock::now() < wake_at_) {
            timer_.expires_at(wake_at_);
            co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

std::vector<Wish> Queue::wishes() const {
    std::vector<Wish> wishes;
    for (const auto& name : channels_.names()) {
        const auto room = std::min(dispatcher_.room(name), settings_.claim_limit);
        if (room == 0) continue;
        wishes.push_back({name, false, static_cast<std::int64_t>(room), floor_of(name, false)});
        // A campaign takes what is left, and never all of it.
        const auto rest = std::max<std::size_t>(room / 2, 1);
        wishes.push_back({name, true, static_cast<std::int64_t>(rest), floor_of(name, true)});
    }
    return wishes;
}

std::optional<Time> Queue::floor_of(const std::string& channel, bool bulk) const {
    const auto floor = floors_.find({channel, bulk});
    return floor == floors_.end() ? std::nullopt : std::optional{floor->second};
}

// Up to where everything has been claimed: the last that was taken where more may be behind it, else now.
void Queue::move_floors(const std::vector<Wish>& wishes, const Claims& claims) {
    if (claims.due.empty()) return;
    for (const auto& wish : wishes) {
        std::int64_t taken = 0;
        auto last = claims.now;
        for (const auto& row : claims.due) {
            if (row.channel != wish.channel || row.bulk != wish.bulk) continue;
            if (++taken == 1 || row.due > last) last = row.due;
        }
        const auto reached = taken >= wish.count ? last : claims.now;
        floors_[{wish.channel, wish.bulk}] = reached - floor_margin;
    }
}

asio::awaitable<std::size_t> Queue::claim_some(const Taking* taking) {
    if (taking || SteadyClock::now() - last_sweep_ >= sweep_every) {
        last_sweep_ = SteadyClock::now();
        floors_.clear();
    }
    const auto wanted = wishes();
    if (wanted.empty()) co_return 0;
    ClaimTerms terms{settings_.node, settings_.lease, {}};
    for (const auto& [name, channel] : channels_) {
        if (channel->repeatable()) terms.begin_with_claim.push_back(name);
    }
    auto job = [this, &wanted, &terms](db::Session& session) {
        const auto book = books_.current(session);
        return claim_and_decide(session, wanted, terms, channels_, *book);
    };
    auto claims = co_await database_.transact(std::move(job));
    if (claims.count > 0) kill_point("claim.committed");
    move_floors(wanted, claims);
    for (auto& ending : claims.endings) {
        if (taking) (*taking)(ending.id);
        dispatcher_.finish(std::move(ending));
    }
    for (auto& delivery : claims.to_send) {
        if (taking) (*taking)(delivery.message.id);
        dispatcher_.take(std::move(delivery));
    }
    co_return claims.count;
}

asio::awaitable<std::chrono::milliseconds> Queue::time_to_next() {
    auto sleep = std::chrono::milliseconds{settings_.longest_sleep};
    if (const auto opening = dispatcher_.next_opening())
        sleep = std::min(sleep, std::chrono::ceil<std::chrono::milliseconds>(*opening - SteadyClock::now()));
    const auto wanted = wishes();
    if (wanted.empty()) co_return sleep;
    auto job = [&wanted](db::Session& session) { return next_due(session, wanted); };
    const auto next = co_await database_.read(std::move(job));
    // What is due and was not claimed is locked by somebody: not at once again.
    if (next) sleep = std::min(sleep, std::max(*next, shortest_sleep));
    // What lies below a floor, if anything, is the sweep's.
    if (!floors_.empty()) sleep = std::min<std::chrono::milliseconds>(sleep, sweep_every);
    co_return sleep;
}

asio::awaitable<void> Queue::process(bool ignore_due_time, const Taking& taking) {
    if (ignore_due_time) {
        auto job = [](db::Session& session) { session.exec(make_due, most_forced); };
        co_await database_.transact(std::move(job));
    }
    std::size_t claimed = 0;
    do {
        claimed = co_await claim_some(&taking);
    } while (claimed >= settings_.claim_limit && !stopping_);
}

}  // namespace carillon::notify
