#pragma once
// What a job sees of its connection: prepared statements by name, and nothing of transactions.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carillon::db {

// SQL with a name, which stands in logs and in pg_stat_statements. Stands at the top of the file that uses
// it.
struct Statement {
    const char* name;
    const char* text;
};

// The names that a connection has prepared; they live and die with it.
using PreparedNames = std::set<std::string, std::less<>>;

// Since when a connection waits for an answer. Written by its worker, read by whoever watches over it.
class Stopwatch {
public:
    using Clock = std::chrono::steady_clock;

    void start() noexcept {
        since_.store(Clock::now().time_since_epoch().count(), std::memory_order_relaxed);
    }
    void stop() noexcept { since_.store(0, std::memory_order_relaxed); }
    [[nodiscard]] Clock::duration elapsed() const noexcept {
        const auto since = since_.load(std::memory_order_relaxed);
        return since == 0 ? Clock::duration{} : Clock::now().time_since_epoch() - Clock::duration{since};
    }

private:
    std::atomic<Clock::rep> since_{0};
};

class Session {
public:
    Session(pqxx::connection_base& connection, pqxx::transaction_base& transaction, PreparedNames& prepared,
            Stopwatch& stopwatch)
        : connection_{connection}, transaction_{transaction}, prepared_{prepared}, stopwatch_{stopwatch} {}

    // Prepared on this connection the first time it is used.
    template <class... Arguments>
    pqxx::result exec(const Statement& statement, Arguments&&... arguments) {
        failed_ = true;  // until it is known to have worked
        stopwatch_.start();
        prepare(statement);
        return watch([&] {
            return transaction_.exec_prepared(statement.name, std::forward<Arguments>(arguments)...);
        });
    }
    // Planned anew each time: for statements that join a batch of unknown size with a table that grows. The
    // plan that a connection keeps was made for another size of both.
    template <class... Arguments>
    pqxx::result exec_anew(const Statement& statement, Arguments&&... arguments) {
        return watch(
            [&] { return transaction_.exec_params(statement.text, std::forward<Arguments>(arguments)...); });
    }
    // Text without parameters (several statements too): migrations, SET LOCAL.
    pqxx::result exec_text(std::string_view sql);

    // Something went out that may have been executed.
    [[nodiscard]] bool sent() const noexcept { return sent_; }
    // The last statement failed. PostgreSQL answers the COMMIT of such a transaction with a silent ROLLBACK,
    // so a job that swallowed the error must not be told that it was committed.
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    void prepare(const Statement& statement);
    template <class Step>
    pqxx::result watch(const Step& step) {
        sent_ = true;
        failed_ = true;
        stopwatch_.start();
        auto result = step();
        failed_ = false;
        return result;
    }

    pqxx::connection_base& connection_;
    pqxx::transaction_base& transaction_;
    PreparedNames& prepared_;
    Stopwatch& stopwatch_;
    bool sent_ = false;
    bool failed_ = false;
};

// PostgreSQL array literals for `unnest($1::text[], …)`; a missing value becomes NULL.
[[nodiscard]] std::string array_of(const std::vector<std::string>& values);
[[nodiscard]] std::string array_of(const std::vector<std::optional<std::string>>& values);
[[nodiscard]] std::string array_of(const std::vector<std::int64_t>& values);

}  // namespace carillon::db
