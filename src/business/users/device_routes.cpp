#include "business/users/device_routes.hpp"

#include <utility>

#include "business/users/parse.hpp"
#include "business/users/present.hpp"
#include "business/users/routes.hpp"

namespace carillon::business::users {

DeviceRoutes::DeviceRoutes(DeviceStore& devices, Clock clock) : devices_{devices}, clock_{std::move(clock)} {}

http::Routes DeviceRoutes::table() {
    using enum http::Access;
    using enum http::Takes;
    const auto run = [this](Answer (DeviceRoutes::*handler)(Request&)) -> http::Handler {
        return [this, handler](Request& request) { return (this->*handler)(request); };
    };
    const char* all = "/api/users/{user_id}/devices";
    const char* one = "/api/users/{user_id}/devices/{device_id}";
    return {
        {Method::get, all, self, nothing, run(&DeviceRoutes::list)},
        http::creating({Method::post, all, self, json, run(&DeviceRoutes::put)}),
        {Method::del, all, self, nothing, run(&DeviceRoutes::remove_all)},
        {Method::del, one, self, nothing, run(&DeviceRoutes::remove)},
    };
}

DeviceRoutes::Answer DeviceRoutes::list(Request& request) {
    const auto subject = subject_of(request);
    const auto devices = co_await devices_.list(subject);
    if (!devices) co_return no_such_user();
    co_return device_list_answer(*devices);
}

DeviceRoutes::Answer DeviceRoutes::put(Request& request) {
    const auto device = parse_device(*request.json);
    if (device.has_error()) co_return device.error();
    const auto subject = subject_of(request);
    const DeviceStore::Answering answering = [](const DeviceStore::Registered& registered) {
        return device_answer(registered.created ? 201 : 200, registered.device);
    };
    const auto now = clock_();
    co_return co_await devices_.put(request, subject, *device, now, answering);
}

DeviceRoutes::Answer DeviceRoutes::remove_all(Request& request) {
    const auto subject = subject_of(request);
    const bool removed = co_await devices_.remove_all(subject);
    if (!removed) co_return no_such_user();
    co_return no_content();
}

DeviceRoutes::Answer DeviceRoutes::remove(Request& request) {
    const auto subject = subject_of(request);
    const DeviceId device{request.parameter("device_id")};
    const bool removed = co_await devices_.remove(subject, device);
    if (!removed) co_return Error{Failure::not_found, "no such device"};
    co_return no_content();
}

}  // namespace carillon::business::users
