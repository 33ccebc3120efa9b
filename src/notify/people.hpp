#pragma once
// Recipients out of the tables. Called inside a planning or a claiming transaction, on a pool thread.
#include <string>
#include <unordered_map>
#include <vector>

#include "db/session.hpp"
#include "notify/recipient.hpp"

namespace carillon::notify {

// By each of the names that were asked for (user id or phone number); who is unknown is left out.
using People = std::unordered_map<std::string, Recipient>;
[[nodiscard]] People find_people(db::Session& session, const std::vector<std::string>& names);

// A number that need not be any user's: then all that is known is what it said to us itself.
[[nodiscard]] Recipient find_phone(db::Session& session, const std::string& phone);

// The next users of a role, in the order of their ids; `area` empty: anywhere.
struct RolePage {
    std::string role;
    std::string area;
    std::string after;
    int limit = 1000;
};
[[nodiscard]] std::vector<std::string> users_of(db::Session& session, const RolePage& page);
[[nodiscard]] int count_users(db::Session& session, const std::string& role, const std::string& area);

}  // namespace carillon::notify
