#pragma once
// What a user wants to be told, how and when.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/error.hpp>
#include <carillon/id.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

// The channels that a user may turn off, in the order they are shown.
inline constexpr std::string_view optional_channels[] = {"push", "whatsapp", "web_chat"};

struct QuietHours {
    std::string from;  // "22:00", of the user's day
    std::string to;
    std::optional<std::string> timezone;  // empty: the user's own
};

struct UserSettings {
    std::set<std::string, std::less<>> channels_off;
    std::vector<std::string> muted;  // "lead.created", "lead.*"
    std::optional<QuietHours> quiet;
    std::optional<std::string> language;  // empty: the user's own
    std::optional<int> digest_minutes;    // empty: no digest
    bool opted_out = false;               // of WhatsApp, by STOP; not a setting, but it overrules one
};

struct SettingsChange {
    UserId user;
    UserSettings settings;
    // WhatsApp was turned on in so many words and by the user: that takes a STOP back. Nobody else can.
    bool opts_in = false;
};

class SettingsStore {
public:
    explicit SettingsStore(db::Database& database);

    // Nothing: there is no such user. Who never said anything has what a UserSettings begins as.
    asio::awaitable<std::optional<UserSettings>> find(UserId user);
    // In place of what was; as stored. Failure::not_found, or Failure::invalid with the fields: a time zone
    // or a language that nobody knows.
    asio::awaitable<Result<UserSettings>> put(SettingsChange change);

private:
    db::Database& database_;
    std::optional<std::set<std::string, std::less<>>> zones_;
};

}  // namespace carillon::notify
