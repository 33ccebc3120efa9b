#include "business/users/users.hpp"

#include <utility>

#include "business/users/device_routes.hpp"
#include "business/users/directory.hpp"
#include "business/users/parse.hpp"
#include "business/users/routes.hpp"

namespace carillon::business {

namespace asio = boost::asio;

class Users::Parts {
public:
    Parts(db::Database& database, const Clock& now)
        : clock{now},
          store{database},
          devices{database},
          directory{database},
          user_routes{store, clock},
          device_routes{devices, clock} {}

    Clock clock;
    users::UserStore store;
    users::DeviceStore devices;
    users::Directory directory;
    users::UserRoutes user_routes;
    users::DeviceRoutes device_routes;
};

Users::Users(db::Database& database, Clock clock)
    : parts_{std::make_unique<Parts>(database, std::move(clock))} {}

Users::~Users() = default;

http::Routes Users::routes() {
    auto routes = parts_->user_routes.table();
    for (auto& route : parts_->device_routes.table()) routes.push_back(std::move(route));
    return routes;
}

asio::awaitable<void> Users::prepare() {
    co_await parts_->user_routes.load_zones();
}

http::UserDirectory& Users::directory() {
    return parts_->directory;
}

void Users::on_erase(users::Eraser eraser) {
    parts_->user_routes.on_erase(std::move(eraser));
}

void Users::on_erased(std::function<void(const UserId&)> told) {
    parts_->user_routes.on_erased(std::move(told));
}

asio::awaitable<Result<users::DeviceStore::Registered>> Users::enrol_device(UserId user, Json device) {
    const auto registration = users::parse_device(device);
    if (registration.has_error()) co_return registration.error();
    const auto now = parts_->clock();
    auto registered = co_await parts_->devices.enrol(user, *registration, now);
    if (!registered) co_return Error{Failure::not_found, "There is no such user."};
    co_return std::move(*registered);
}

}  // namespace carillon::business
