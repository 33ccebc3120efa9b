#pragma once
// One connection of the pool with what is known about it. Used by one thread at a time, except silence() and
// hang_up().
#include <chrono>
#include <functional>
#include <memory>
#include <pqxx/pqxx>

#include "db/session.hpp"

namespace carillon::db {

using Body = std::function<void(Session&)>;

class Link {
public:
    explicit Link(std::unique_ptr<pqxx::connection> connection);
    ~Link();
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    [[nodiscard]] bool open() const noexcept { return connection_->is_open(); }
    // Looks, without waiting, whether the server has hung up while the connection was idle. This is what
    // keeps the first write after a restart of the server from ending with an unknown outcome.
    [[nodiscard]] bool fit();

    // Each statement its own transaction; `sent` tells whether anything went out.
    void run_plain(const Body& body, bool& sent);
    // BEGIN, the body, COMMIT. Throws pqxx::in_doubt_error when the connection breaks while committing.
    void run_transaction(const Body& body);

    // How long the server has been silent on what it was asked last; from any thread.
    [[nodiscard]] std::chrono::steady_clock::duration silence() const noexcept {
        return stopwatch_.elapsed();
    }
    // Ends the connection under whoever waits on it; from any thread. A polite cancellation would have to be
    // answered by the very server that does not answer.
    void hang_up() noexcept;

private:
    void commit(pqxx::work& transaction);

    std::unique_ptr<pqxx::connection> connection_;
    PreparedNames prepared_;
    Stopwatch stopwatch_;
    int socket_;  // a descriptor of our own: libpq may close its one, and the number be another's, at any
                  // time
};

}  // namespace carillon::db
