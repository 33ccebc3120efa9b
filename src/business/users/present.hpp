#pragma once
// Values into answers. Written straight into text: the single user is the server's most frequent read.
#include <carillon/response.hpp>
#include <optional>
#include <string>
#include <vector>

#include "business/users/user.hpp"

namespace carillon::business::users {

[[nodiscard]] Response user_answer(int status, const User& user);
[[nodiscard]] Response user_list_answer(const std::vector<User>& users,
                                        const std::optional<std::string>& next_cursor);
[[nodiscard]] Response device_answer(int status, const Device& device);
[[nodiscard]] Response device_list_answer(const std::vector<Device>& devices);

// "/api/users/…", for the Location of a new one.
[[nodiscard]] std::string path_of(const UserId& user);

}  // namespace carillon::business::users
