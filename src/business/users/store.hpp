#pragma once
// Users in PostgreSQL. Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "business/users/upsert.hpp"
#include "business/users/user.hpp"
#include "db/batcher.hpp"
#include "db/database.hpp"

namespace carillon::business::users {

namespace asio = boost::asio;

// What another area does with what it keeps about a user who is erased, inside the erasing transaction. It
// may run more than once, so it touches nothing but the session.
using Eraser = std::function<void(db::Session&, const UserId&)>;

class UserStore {
public:
    explicit UserStore(db::Database& database);

    // Shares its round trip with whoever else asks.
    asio::awaitable<std::optional<User>> find(UserId user);
    asio::awaitable<Result<Upserted>> upsert(UserChange change);

    // One transaction of its own for all of them.
    asio::awaitable<std::vector<Result<Upserted>>> upsert_all(std::vector<UserChange> changes);
    // One transaction for the change and for the answer that is kept under the request's Idempotency-Key.
    using Answering = std::function<Response(const Upserted&)>;
    asio::awaitable<Result<Response>> upsert_once(Request& request, UserChange change, Answering answering);

    struct Filter {
        std::optional<std::string> role;
        std::optional<std::string> area;
        std::string after;  // the id the last page ended with; empty: from the beginning
        int limit = 50;
    };
    asio::awaitable<std::vector<User>> list(Filter filter);

    // Removes the user with everything that is kept about them; false when there is no such user.
    asio::awaitable<bool> erase(UserId user, const std::vector<Eraser>& erasers);

    asio::awaitable<ZoneNames> zone_names();

private:
    db::Database& database_;
    db::Batcher<UserId, std::optional<User>> finds_;
    db::Batcher<UserChange, Result<Upserted>> upserts_;
};

}  // namespace carillon::business::users
