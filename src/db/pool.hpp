#pragma once
// The threads behind Database. Each worker owns one connection; the idle one that worked last is woken first,
// so that a quiet server keeps few connections warm instead of all of them lukewarm.
//
// Phases: starting (no attempt to connect has ended yet; jobs wait) -> up <-> away (jobs fail at once while
// the prober keeps trying). One mutex guards everything that is not a worker's own.
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "db/connect.hpp"
#include "db/database.hpp"
#include "db/fault.hpp"
#include "db/link.hpp"

namespace carillon::db {

class Database::Pool {
public:
    struct Task {
        Mode mode;
        const Body* body;
        asio::any_completion_handler<void(std::exception_ptr)> done;
        asio::any_io_executor executor;  // keeps the caller's loop alive while the job runs
    };

    explicit Pool(Settings settings);
    ~Pool();

    void start();
    void stop(std::chrono::milliseconds limit);
    // Always ends in the task's handler, refusals too.
    void submit(Task task);
    [[nodiscard]] State state() const;
    [[nodiscard]] const Settings& settings() const noexcept { return settings_; }

private:
    using Clock = std::chrono::steady_clock;
    using Lock = std::unique_lock<std::mutex>;
    enum class Phase { starting, up, away };
    enum class Readiness { ready, crowded, away };

    struct Worker {
        std::unique_ptr<Link> link;  // replaced under the mutex, used by its thread
        std::optional<Task> task;    // handed over while it was idle
        std::condition_variable wake;
        Clock::time_point rest_until{};
        bool busy = false;
        bool linked_before = false;
        std::thread thread;
    };
    // What has been tried for one job.
    struct Efforts {
        int conflicts = 0;
        bool reopened = false;
        bool replanned = false;
        bool sent = false;
    };

    // pool.cpp: the queue and the phases
    std::optional<Task> next(Worker& self);
    bool take_work(Worker& self);
    void wait_for_work(Worker& self, Lock& lock);
    void look_after_idle_link(Worker& self);
    void give_back(Worker& self, Task task);
    void came_up(std::unique_ptr<Link> link);
    void went_away(const std::string& reason);
    void fail_all(std::deque<Task> tasks, const Unavailable& error);
    [[nodiscard]] Unavailable away_error() const;
    [[nodiscard]] std::size_t open_links() const;  // under the mutex
    void join();

    // pool_worker.cpp: one job on one connection
    void work(Worker& self);
    Readiness make_ready(Worker& self);
    [[nodiscard]] bool is_away() const;
    void take_spare(Worker& self);
    void replace_link(Worker& self, std::unique_ptr<Link> link);
    std::exception_ptr carry_out(Worker& self, const Task& task);
    std::exception_ptr attempt(Worker& self, const Task& task, Efforts& efforts);
    std::exception_ptr verdict(Worker& self, const Task& task, const std::exception_ptr& error,
                               Efforts& efforts);
    std::exception_ptr after_break(Worker& self, const Task& task, Efforts& efforts);
    [[nodiscard]] std::exception_ptr interrupted() const;
    void pause_after_conflict(int conflicts);
    void finish(Worker& self, Task task, std::exception_ptr error);
    static void complete(Task task, std::exception_ptr error);

    // pool_prober.cpp: finding the way back
    class Opening;
    [[nodiscard]] bool only_crowded() const;
    void probe();
    void watch();
    bool try_to_connect();
    [[nodiscard]] std::chrono::milliseconds jittered(std::chrono::milliseconds about);

    Settings settings_;
    Target target_;

    mutable std::mutex mutex_;
    std::deque<Task> waiting_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Worker*> idle_;    // the last one is the warmest
    std::unique_ptr<Link> spare_;  // what the prober opened, for the first who needs one
    std::size_t opening_ = 0;      // connections that may exist at the server already
    Phase phase_ = Phase::starting;
    std::string reason_;
    Clock::time_point first_attempt_ends_{};
    Clock::time_point next_probe_{};
    bool suspicious_ = false;  // an idle connection was hung up: is the server still there?
    bool refusing_ = false;
    bool stopping_ = false;
    std::uint64_t jobs_ = 0;
    std::uint64_t reconnects_ = 0;
    std::uint64_t retries_ = 0;
    std::minstd_rand random_{std::random_device{}()};
    std::condition_variable probe_now_;
    std::condition_variable drained_;
    std::condition_variable watch_ends_;
    std::thread prober_;
    std::thread watcher_;
};

// While it lives, an attempt to connect is under way.
class Database::Pool::Opening {
public:
    explicit Opening(Pool& pool) : pool_{pool} {
        const Lock lock{pool_.mutex_};
        ++pool_.opening_;
    }
    ~Opening() {
        const Lock lock{pool_.mutex_};
        --pool_.opening_;
    }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;

private:
    Pool& pool_;
};

}  // namespace carillon::db
