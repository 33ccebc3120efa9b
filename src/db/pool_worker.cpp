#include "db/pool.hpp"

#include <boost/asio/post.hpp>
#include <algorithm>
#include <utility>

namespace carillon::db {

namespace {

std::exception_ptr unavailable(const char* code, const char* detail) {
    return std::make_exception_ptr(Unavailable{code, detail});
}

std::exception_ptr gone() {
    return unavailable("database_unavailable", "The database is away; try again in a moment.");
}

}  // namespace

void Database::Pool::work(Worker& self) {
    while (auto task = next(self)) {
        switch (make_ready(self)) {
            case Readiness::ready: {
                auto error = carry_out(self, *task);
                finish(self, std::move(*task), std::move(error));
                break;
            }
            case Readiness::crowded: give_back(self, std::move(*task)); break;
            case Readiness::away: finish(self, std::move(*task), gone()); break;
        }
    }
}

// After this the worker has a connection that was alive a moment ago, or a reason not to.
Database::Pool::Readiness Database::Pool::make_ready(Worker& self) {
    if (self.link && self.link->fit()) return Readiness::ready;
    take_spare(self);
    if (self.link && self.link->fit()) return Readiness::ready;
    replace_link(self, nullptr);
    if (is_away()) return Readiness::away;  // the prober tries already; a caller need not wait for that
    try {
        const Opening opening{*this};
        replace_link(self, std::make_unique<Link>(target_.open()));
        return Readiness::ready;
    } catch (const std::exception& error) {
        if (only_crowded()) return Readiness::crowded;
        went_away(error.what());
        return Readiness::away;
    }
}

bool Database::Pool::is_away() const {
    const Lock lock{mutex_};
    return phase_ == Phase::away;
}

// In one step: a connection that is on its way from here to there is counted all the same.
void Database::Pool::take_spare(Worker& self) {
    std::unique_ptr<Link> old;  // closed outside the lock
    const Lock lock{mutex_};
    old = std::exchange(self.link, std::move(spare_));
    if (self.link && std::exchange(self.linked_before, true)) ++reconnects_;
}

void Database::Pool::replace_link(Worker& self, std::unique_ptr<Link> link) {
    std::unique_ptr<Link> old;  // closed outside the lock
    const Lock lock{mutex_};
    old = std::exchange(self.link, std::move(link));
    if (!self.link) return;
    if (std::exchange(self.linked_before, true)) ++reconnects_;
}

std::exception_ptr Database::Pool::carry_out(Worker& self, const Task& task) {
    Efforts efforts;
    for (;;) {
        const auto error = attempt(self, task, efforts);
        if (!error) return nullptr;
        if (auto final_error = verdict(self, task, error, efforts)) return final_error;
        const Lock lock{mutex_};
        ++retries_;
    }
}

std::exception_ptr Database::Pool::attempt(Worker& self, const Task& task, Efforts& efforts) {
    try {
        if (task.mode == Mode::transaction) {
            self.link->run_transaction(*task.body);
        } else {
            self.link->run_plain(*task.body, efforts.sent);
        }
        return nullptr;
    } catch (...) {
        return std::current_exception();
    }
}

// Nothing: try again. Otherwise what the caller gets.
std::exception_ptr Database::Pool::verdict(Worker& self, const Task& task, const std::exception_ptr& error,
                                           Efforts& efforts) {
    switch (classify(error, self.link->open())) {
        case Fault::theirs: return error;
        case Fault::timeout: return interrupted();
        case Fault::refused:
            return unavailable("database_refused", "The database cannot do this now; try again later.");
        case Fault::in_doubt:
            replace_link(self, nullptr);
            return unavailable("outcome_unknown", "The connection broke while committing.");
        case Fault::conflict:
            if (task.mode == Mode::statement || efforts.conflicts >= settings_.serialization_retries)
                return error;
            pause_after_conflict(++efforts.conflicts);
            return nullptr;
        case Fault::stale_plan:
            // The library remembers prepared statements for the life of a connection, so a new one is the way
            // to forget them.
            if (std::exchange(efforts.replanned, true)) return error;
            replace_link(self, nullptr);
            if (make_ready(self) == Readiness::ready) return nullptr;
            return gone();
        case Fault::broken: return after_break(self, task, efforts);
    }
    return error;
}

std::exception_ptr Database::Pool::after_break(Worker& self, const Task& task, Efforts& efforts) {
    replace_link(self, nullptr);
    if (task.mode == Mode::statement && efforts.sent) {
        return unavailable("outcome_unknown", "The connection broke while the statement ran.");
    }
    bool stopping = false;
    {
        const Lock lock{mutex_};
        stopping = stopping_;
    }
    if (stopping || std::exchange(efforts.reopened, true) || make_ready(self) != Readiness::ready) {
        return gone();
    }
    return nullptr;
}

std::exception_ptr Database::Pool::interrupted() const {
    const Lock lock{mutex_};
    if (stopping_) return unavailable("database_unavailable", "The server is stopping.");
    return unavailable("database_timeout", "The database took too long.");
}

// Two that collided must not meet again at the same moment.
void Database::Pool::pause_after_conflict(int conflicts) {
    const auto ceiling = std::chrono::milliseconds{1 << std::min(conflicts, 6)};
    std::chrono::milliseconds pause;
    {
        const Lock lock{mutex_};
        pause = std::chrono::milliseconds{
            std::uniform_int_distribution<int>{0, static_cast<int>(ceiling.count())}(random_)};
    }
    std::this_thread::sleep_for(pause);
}

void Database::Pool::finish(Worker& self, Task task, std::exception_ptr error) {
    {
        const Lock lock{mutex_};
        ++jobs_;
        self.busy = false;
    }
    complete(std::move(task), std::move(error));
}

void Database::Pool::complete(Task task, std::exception_ptr error) {
    asio::post(task.executor, [done = std::move(task.done), error = std::move(error)]() mutable {
        std::move(done)(std::move(error));
    });
}

}  // namespace carillon::db
