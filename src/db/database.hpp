#pragma once
// PostgreSQL behind awaitables.
//
// Purpose: run blocking libpqxx jobs on a few pool threads, each with a connection of its own, and resume the
//   caller on its own executor. Knows no table.
// Threads: a job runs on a pool thread and must touch only its session and its own values; everything else
//   here is called from the event loop. state() may be called from anywhere.
// Lifetime: outlives every coroutine that awaits it; stop() refuses new jobs, finishes those that run and
//   those that wait, and joins.
// Invariants: a job may run more than once (serialization failure, a connection found dead before anything
//   was committed) except where its outcome is in doubt, which is never retried. Waiting jobs are bounded.
#include <boost/asio/awaitable.hpp>
#include <carillon/error.hpp>
#include <carillon/secret.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "db/session.hpp"

namespace carillon::db {

namespace asio = boost::asio;

struct Settings {
    Secret url;  // a libpq connection string or postgres:// URL
    std::string application_name = "carillon";
    std::size_t connections = 8;
    std::size_t waiting_limit = 10'000;  // jobs; beyond it Unavailable("database_overloaded")
    std::chrono::milliseconds statement_timeout{5'000};
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds backoff_first{100};  // between attempts to connect, doubling, with jitter
    std::chrono::milliseconds backoff_last{5'000};
    int serialization_retries = 5;
};

struct State {
    bool up = false;
    std::string reason;           // why it is away, for the log; never holds the URL's password
    std::size_t connections = 0;  // open
    std::size_t busy = 0;
    std::size_t waiting = 0;
    std::uint64_t jobs = 0;  // finished since the start
    std::uint64_t reconnects = 0;
    std::uint64_t retries = 0;
};

// Thrown, all as carillon::Unavailable with these codes:
//   database_unavailable  away; jobs fail at once during the back-off instead of queueing up behind it
//   database_overloaded   too many jobs wait
//   database_timeout      the statement timeout struck
//   database_refused      it is there, and cannot: disk full, read-only, out of connections or memory
//   outcome_unknown       the connection broke while committing: it may or may not have happened
// Every other exception of the job (pqxx::unique_violation, …) comes through unchanged.
class Database {
public:
    // Throws std::invalid_argument when the URL is no connection string; the text is not shown.
    explicit Database(Settings settings);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    // Starts the threads; a prober among them keeps trying while the database is away, so that state() turns
    // up again without a request having to fail first.
    void start();
    // Finishes what was taken on, within the limit; then joins.
    void stop(std::chrono::milliseconds limit);

    // Reads: one round trip per statement, no transaction, repeated when the connection breaks.
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&, Session&>> read(Job job) {
        return perform(Mode::read, std::move(job));
    }
    // One writing statement that is its own transaction (one round trip). Not repeated once it was sent.
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&, Session&>> statement(Job job) {
        return perform(Mode::statement, std::move(job));
    }
    // BEGIN … COMMIT. Repeated on serialization failures and deadlocks. A job that goes on after a failed
    // statement gets std::logic_error: PostgreSQL would answer its COMMIT with a silent ROLLBACK.
    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&, Session&>> transact(Job job) {
        return perform(Mode::transaction, std::move(job));
    }

    [[nodiscard]] State state() const;
    [[nodiscard]] const Settings& settings() const noexcept;

private:
    enum class Mode { read, statement, transaction };

    template <class Job>
    asio::awaitable<std::invoke_result_t<Job&, Session&>> perform(Mode mode, Job job) {
        using Answer = std::invoke_result_t<Job&, Session&>;
        if constexpr (std::is_void_v<Answer>) {
            const std::function<void(Session&)> body = [&job](Session& session) { job(session); };
            co_await run(mode, body);
        } else {
            std::optional<Answer> answer;
            const std::function<void(Session&)> body = [&job, &answer](Session& session) {
                answer.emplace(job(session));
            };
            co_await run(mode, body);
            co_return std::move(*answer);
        }
    }
    // Suspends until a pool thread has carried the body out; throws what it threw.
    asio::awaitable<void> run(Mode mode, const std::function<void(Session&)>& body);

    class Pool;
    std::unique_ptr<Pool> pool_;
};

}  // namespace carillon::db
