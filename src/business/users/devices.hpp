#pragma once
// The devices of a user in PostgreSQL. Threads: called on the event loop. Throws Unavailable when the
// database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <functional>
#include <optional>
#include <vector>

#include "business/users/user.hpp"
#include "db/database.hpp"

namespace carillon::business::users {

namespace asio = boost::asio;

class DeviceStore {
public:
    explicit DeviceStore(db::Database& database) : database_{database} {}

    // The one seen last first. Nothing when there is no such user.
    asio::awaitable<std::optional<std::vector<Device>>> list(const UserId& user);

    struct Registered {
        Device device;
        bool created = false;  // new to this user
    };
    using Answering = std::function<Response(const Registered&)>;
    // A token that was another user's is this user's from now on: the phone changed hands. Keeps the answer
    // under the request's Idempotency-Key. Failure::not_found when there is no such user.
    asio::awaitable<Result<Response>> put(Request& request, const UserId& user,
                                          const DeviceRegistration& device, Time now,
                                          const Answering& answering);

    // The same without an answer to keep; nothing when there is no such user.
    asio::awaitable<std::optional<Registered>> enrol(const UserId& user, const DeviceRegistration& device,
                                                     Time now);

    // False when there is no such user, or no such device of theirs.
    asio::awaitable<bool> remove_all(const UserId& user);
    asio::awaitable<bool> remove(const UserId& user, const DeviceId& device);

private:
    db::Database& database_;
};

}  // namespace carillon::business::users
