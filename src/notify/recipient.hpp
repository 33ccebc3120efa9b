#pragma once
// Whom a message is for, with everything that decides how it may reach them.
#include <carillon/channel.hpp>
#include <carillon/id.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::notify {

struct Recipient {
    UserId user;  // empty: only a number is known
    std::string name;
    std::string phone;     // E.164, or empty
    std::string language;  // "fr-CM", or empty
    std::vector<std::string> channels_off;
    std::vector<std::string> muted;  // "lead.created", "lead.*"
    std::optional<Time> quiet_until;
    std::optional<std::chrono::minutes> digest;
    bool opted_out = false;  // of WhatsApp
    std::optional<Time> window_open_till;
    bool in_foreground = false;
    std::vector<PushTarget> targets;

    [[nodiscard]] bool has_muted(std::string_view event_type) const;
    [[nodiscard]] bool has_off(std::string_view channel) const;
};

}  // namespace carillon::notify
