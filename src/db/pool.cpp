#include "db/pool.hpp"

#include <carillon/log.hpp>
#include <algorithm>

namespace carillon::db {

namespace {

// An idle connection is looked at this often, so that state() tells the truth without traffic too.
constexpr std::chrono::seconds idle_look{1};

Unavailable stopping() {
    return Unavailable{"database_unavailable", "The server is stopping."};
}

Unavailable overloaded() {
    return Unavailable{"database_overloaded", "Too many requests wait for the database."};
}

}  // namespace

Database::Pool::Pool(Settings settings)
    : settings_{std::move(settings)},
      target_{settings_.url.reveal(),
              {settings_.application_name, settings_.connect_timeout, settings_.statement_timeout}} {}

Database::Pool::~Pool() {
    stop(std::chrono::milliseconds{0});
}

void Database::Pool::start() {
    const Lock lock{mutex_};
    if (prober_.joinable() || refusing_) return;
    first_attempt_ends_ = Clock::now() + settings_.connect_timeout;
    for (std::size_t i = 0; i < std::max<std::size_t>(settings_.connections, 1); ++i) {
        auto& worker = *workers_.emplace_back(std::make_unique<Worker>());
        worker.thread = std::thread{[this, &worker] { work(worker); }};
    }
    prober_ = std::thread{[this] { probe(); }};
    watcher_ = std::thread{[this] { watch(); }};
}

void Database::Pool::stop(std::chrono::milliseconds limit) {
    Lock lock{mutex_};
    refusing_ = true;
    const auto nobody_works = [this] {
        return std::none_of(workers_.begin(), workers_.end(),
                            [](const auto& worker) { return worker->busy; });
    };
    const auto all_done = [this, &nobody_works] { return waiting_.empty() && nobody_works(); };
    if (prober_.joinable()) drained_.wait_for(lock, limit, all_done);

    stopping_ = true;
    auto left = std::exchange(waiting_, {});
    for (const auto& worker : workers_) worker->wake.notify_all();
    probe_now_.notify_all();
    watch_ends_.notify_all();
    // A job may have a second connection to try, so it may need more than one nudge.
    while (!drained_.wait_for(lock, std::chrono::milliseconds{20}, nobody_works)) {
        for (const auto& worker : workers_) {
            if (worker->busy && worker->link) worker->link->hang_up();
        }
    }
    lock.unlock();
    fail_all(std::move(left), stopping());
    join();
    // A worker that could not get a connection may have given its task back meanwhile.
    lock.lock();
    auto given_back = std::exchange(waiting_, {});
    lock.unlock();
    fail_all(std::move(given_back), Unavailable{"database_unavailable", "The server is stopping."});
}

void Database::Pool::join() {
    for (const auto& worker : workers_) {
        if (worker->thread.joinable()) worker->thread.join();
    }
    if (prober_.joinable()) prober_.join();
    if (watcher_.joinable()) watcher_.join();
}

void Database::Pool::submit(Task task) {
    Lock lock{mutex_};
    std::exception_ptr refusal;
    if (refusing_) {
        refusal = std::make_exception_ptr(stopping());
    } else if (phase_ == Phase::away) {
        refusal = std::make_exception_ptr(away_error());
    } else if (!idle_.empty()) {
        auto& worker = *idle_.back();
        idle_.pop_back();
        worker.task = std::move(task);
        worker.busy = true;
        worker.wake.notify_one();
        return;
    } else if (waiting_.size() < settings_.waiting_limit) {
        waiting_.push_back(std::move(task));
        return;
    } else {
        refusal = std::make_exception_ptr(overloaded());
    }
    lock.unlock();
    complete(std::move(task), std::move(refusal));
}

std::optional<Database::Pool::Task> Database::Pool::next(Worker& self) {
    Lock lock{mutex_};
    self.busy = self.task.has_value();
    if (!self.busy && refusing_) drained_.notify_all();
    while (!take_work(self)) {
        if (stopping_) return std::nullopt;
        wait_for_work(self, lock);
    }
    self.busy = true;
    return std::exchange(self.task, std::nullopt);
}

bool Database::Pool::take_work(Worker& self) {
    if (self.task) return true;
    if (waiting_.empty() || phase_ == Phase::starting || self.rest_until > Clock::now()) return false;
    self.task = std::move(waiting_.front());
    waiting_.pop_front();
    return true;
}

void Database::Pool::wait_for_work(Worker& self, Lock& lock) {
    if (phase_ == Phase::starting) {
        if (self.wake.wait_until(lock, first_attempt_ends_) == std::cv_status::no_timeout) return;
        if (phase_ != Phase::starting || stopping_) return;
        lock.unlock();
        went_away("no answer within the connect timeout");
        lock.lock();
        return;
    }
    if (self.rest_until > Clock::now()) {
        self.wake.wait_until(lock, self.rest_until);
        return;
    }
    idle_.push_back(&self);
    const auto awake = [this, &self] { return self.task.has_value() || stopping_ || !waiting_.empty(); };
    while (!self.wake.wait_for(lock, idle_look, awake)) look_after_idle_link(self);
    std::erase(idle_, &self);
}

void Database::Pool::look_after_idle_link(Worker& self) {
    if (!self.link || self.link->fit()) return;
    self.link.reset();
    suspicious_ = true;
    probe_now_.notify_all();
}

// This worker has no connection and cannot get one now, but others have.
void Database::Pool::give_back(Worker& self, Task task) {
    const Lock lock{mutex_};
    self.rest_until = Clock::now() + settings_.backoff_first;
    const auto linked =
        std::find_if(idle_.rbegin(), idle_.rend(), [](const Worker* worker) { return !!worker->link; });
    if (linked == idle_.rend()) {
        waiting_.push_front(std::move(task));
        return;
    }
    auto& worker = **linked;
    std::erase(idle_, &worker);
    worker.task = std::move(task);
    worker.busy = true;
    worker.wake.notify_one();
}

void Database::Pool::came_up(std::unique_ptr<Link> link) {
    Lock lock{mutex_};
    if (link) spare_ = std::move(link);
    suspicious_ = false;
    if (phase_ == Phase::up) return;
    phase_ = Phase::up;
    reason_.clear();
    for (const auto& worker : workers_) worker->wake.notify_all();
    lock.unlock();
    log::info("database_up");
}

void Database::Pool::went_away(const std::string& reason) {
    Lock lock{mutex_};
    const bool news = phase_ != Phase::away;
    phase_ = Phase::away;
    reason_ = reason;
    suspicious_ = false;
    if (!news) return;
    next_probe_ = Clock::now() + settings_.backoff_first;
    auto tasks = std::exchange(waiting_, {});
    const auto error = away_error();
    for (const auto& worker : workers_) worker->wake.notify_all();
    probe_now_.notify_all();
    lock.unlock();
    log::warn("database_away", {{"reason", reason}});
    fail_all(std::move(tasks), error);
}

// One exception object each: its end is then on one thread, the one that caught it.
void Database::Pool::fail_all(std::deque<Task> tasks, const Unavailable& error) {
    for (auto& task : tasks) complete(std::move(task), std::make_exception_ptr(error));
}

Unavailable Database::Pool::away_error() const {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(next_probe_ - Clock::now()).count();
    return Unavailable{"database_unavailable", "The database is away; try again in a moment.",
                       std::max<std::int64_t>(wait, 1)};
}

std::size_t Database::Pool::open_links() const {
    const auto linked =
        std::count_if(workers_.begin(), workers_.end(), [](const auto& w) { return !!w->link; });
    return static_cast<std::size_t>(linked) + (spare_ ? 1 : 0);
}

State Database::Pool::state() const {
    const Lock lock{mutex_};
    const auto busy = std::count_if(workers_.begin(), workers_.end(), [](const auto& w) { return w->busy; });
    State state;
    state.up = phase_ == Phase::up;
    state.reason = reason_;
    state.connections = open_links();
    state.busy = static_cast<std::size_t>(busy);
    state.waiting = waiting_.size();
    state.jobs = jobs_;
    state.reconnects = reconnects_;
    state.retries = retries_;
    return state;
}

}  // namespace carillon::db
