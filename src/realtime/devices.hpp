#pragma once
// Lives here with its caller; the users area keeps the devices.
#include <boost/asio/awaitable.hpp>
#include <carillon/error.hpp>
#include <carillon/id.hpp>
#include <carillon/json.hpp>
#include <optional>
#include <string>

namespace carillon::realtime {

class DeviceRegistry {
public:
    struct Registered {
        DeviceId id;
        std::optional<std::string> platform;
        bool created = false;  // new to this user
    };
    virtual ~DeviceRegistry() = default;
    // `device`: {fcm_token, platform?, app_version?}. Failure::not_found when there is no such user; throws
    // Unavailable.
    virtual boost::asio::awaitable<Result<Registered>> enrol(UserId user, Json device) = 0;
};

}  // namespace carillon::realtime
