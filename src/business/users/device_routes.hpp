#pragma once
#include "business/users/devices.hpp"
#include "http/route.hpp"

namespace carillon::business::users {

class DeviceRoutes {
public:
    DeviceRoutes(DeviceStore& devices, Clock clock);

    [[nodiscard]] http::Routes table();

private:
    using Answer = asio::awaitable<Result<Response>>;
    Answer list(Request& request);
    Answer put(Request& request);
    Answer remove_all(Request& request);
    Answer remove(Request& request);

    DeviceStore& devices_;
    Clock clock_;
};

}  // namespace carillon::business::users
