#pragma once
// One connection of the pool with what is known about it. Used by one thread at a time, except cancel().
#include <functional>
#include <memory>
#include <pqxx/pqxx>

#include "db/session.hpp"

namespace carillon::db {

using Body = std::function<void(Session&)>;

class Link {
public:
    explicit Link(std::unique_ptr<pqxx::connection> connection) : connection_{std::move(connection)} {}

    [[nodiscard]] bool open() const noexcept { return connection_->is_open(); }
    // Looks, without waiting, whether the server has hung up while the connection was idle. This is what
    // keeps the first write after a restart of the server from ending with an unknown outcome.
    [[nodiscard]] bool fit();

    // Each statement its own transaction; `sent` tells whether anything went out.
    void run_plain(const Body& body, bool& sent);
    // BEGIN, the body, COMMIT. Throws pqxx::in_doubt_error when the connection breaks while committing.
    void run_transaction(const Body& body);

    // Interrupts what runs; from any thread.
    void cancel() noexcept;

private:
    void commit(pqxx::work& transaction);

    std::unique_ptr<pqxx::connection> connection_;
    PreparedNames prepared_;
};

}  // namespace carillon::db
