#pragma once
// Tickets: what a page shows in place of its token to open one socket. A URL ends up in logs and histories,
// so what stands in it is good for one use within half a minute.
//
// In PostgreSQL, so that whichever server the socket reaches can take it. Kept as a digest: who reads the
// table cannot use what is there.
#include <boost/asio/awaitable.hpp>
#include <carillon/caller.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "db/database.hpp"

namespace carillon::http {

namespace asio = boost::asio;

class Tickets {
public:
    static constexpr std::chrono::seconds lifetime{30};

    explicit Tickets(db::Database& database) : database_{database} {}

    struct Issued {
        std::string ticket;
        Time expires;
    };
    // For the caller as they are, until their own token runs out at the latest. Throws Unavailable.
    asio::awaitable<Issued> issue(const Caller& caller);
    // Once. Throws Unavailable.
    asio::awaitable<std::optional<Caller>> redeem(std::string ticket);
    // Those that nobody used; how many.
    asio::awaitable<std::size_t> trim();

private:
    db::Database& database_;
};

// A user was erased.
void erase_tickets(db::Session& session, const UserId& user);

}  // namespace carillon::http
