#pragma once
// The users: who is told, what may be said to them where, and the devices a push can reach.
//
// Threads: the event loop. Lifetime: outlives every request.
#include <carillon/json.hpp>
#include <functional>
#include <memory>

#include "business/users/devices.hpp"
#include "business/users/store.hpp"
#include "http/gate.hpp"
#include "http/route.hpp"

namespace carillon::business {

class Users {
public:
    Users(db::Database& database, Clock clock);
    ~Users();

    [[nodiscard]] http::Routes routes();
    [[nodiscard]] http::UserDirectory& directory();
    // Fetches what the first requests would otherwise each wait for. Throws Unavailable; then they do.
    boost::asio::awaitable<void> prepare();
    // For areas that keep something about a user. Called before the server starts.
    void on_erase(users::Eraser eraser);
    // For whoever must know once it is committed.
    void on_erased(std::function<void(const UserId&)> told);
    // A device as it presents itself on a socket: {fcm_token, platform?, app_version?}. Failure::invalid with
    // the fields, Failure::not_found when there is no such user; throws Unavailable.
    boost::asio::awaitable<Result<users::DeviceStore::Registered>> enrol_device(UserId user, Json device);

private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace carillon::business
