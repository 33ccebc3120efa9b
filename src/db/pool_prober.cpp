#include "db/pool.hpp"

#include <carillon/log.hpp>
#include <algorithm>
#include <chrono>

namespace carillon::db {

// Refused while others of ours are in: the server has no place for one more, which is not its absence.
bool Database::Pool::only_crowded() const {
    {
        const Lock lock{mutex_};
        if (open_links() + opening_ == 0) return false;
    }
    return target_.answers();
}

namespace {

constexpr std::chrono::milliseconds watch_interval{250};
// Beyond the statement timeout, which a server that lives keeps by itself.
constexpr std::chrono::seconds silence_forgiven{1};

}  // namespace

// A server that was frozen, or whose machine went off the net, breaks no connection; whoever waits on one
// would wait for ever. Not the prober's work: against such a server it is itself busy trying for seconds.
void Database::Pool::watch() {
    const auto limit = settings_.statement_timeout + silence_forgiven;
    Lock lock{mutex_};
    while (!watch_ends_.wait_for(lock, watch_interval, [this] { return stopping_; })) {
        for (const auto& worker : workers_) {
            if (!worker->link || worker->link->silence() < limit) continue;
            worker->link->hang_up();
            suspicious_ = true;
            probe_now_.notify_all();
        }
    }
}

void Database::Pool::probe() {
    auto backoff = settings_.backoff_first;
    bool up = try_to_connect();
    Lock lock{mutex_};
    while (!stopping_) {
        if (up) {
            backoff = settings_.backoff_first;
            const auto news = [this] { return stopping_ || suspicious_ || phase_ == Phase::away; };
            probe_now_.wait(lock, news);
        }
        if (phase_ == Phase::away) {
            const auto pause = jittered(backoff);
            next_probe_ = Clock::now() + pause;
            probe_now_.wait_for(lock, pause, [this] { return stopping_; });
            backoff = std::min(2 * backoff, settings_.backoff_last);
        }
        if (stopping_) return;
        lock.unlock();
        up = try_to_connect();
        lock.lock();
    }
}

bool Database::Pool::try_to_connect() {
    try {
        const Opening opening{*this};
        came_up(std::make_unique<Link>(target_.open()));
        return true;
    } catch (const std::exception& error) {
        log::debug("database_attempt_failed", {{"reason", error.what()}});
        if (only_crowded()) {
            came_up(nullptr);
            return true;
        }
        went_away(error.what());
        return false;
    }
}

// Half to all of it: servers that lost the database together do not come back together.
std::chrono::milliseconds Database::Pool::jittered(std::chrono::milliseconds about) {
    const auto most = about.count();
    return std::chrono::milliseconds{std::uniform_int_distribution<std::int64_t>{most / 2, most}(random_)};
}

}  // namespace carillon::db
