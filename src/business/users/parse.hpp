#pragma once
// Bodies into values; pure.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <string_view>
#include <vector>

#include "business/users/user.hpp"

namespace carillon::business::users {

// Failure::invalid naming every field that is wrong. An absent field is kept, an explicit null clears.
[[nodiscard]] Result<UserChange> parse_user_change(const Json& body, const ZoneNames& zones);

// {fcm_token | fid, platform?, app_version?}
[[nodiscard]] Result<DeviceRegistration> parse_device(const Json& body);

[[nodiscard]] const std::vector<std::string_view>& role_names();

}  // namespace carillon::business::users
