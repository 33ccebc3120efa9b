#include "notify/recipient.hpp"

#include <algorithm>

namespace carillon::notify {

bool Recipient::has_muted(std::string_view event_type) const {
    return std::any_of(muted.begin(), muted.end(), [event_type](const std::string& pattern) {
        if (!pattern.ends_with(".*")) return pattern == event_type;
        return event_type.starts_with(std::string_view{pattern}.substr(0, pattern.size() - 1));
    });
}

bool Recipient::has_off(std::string_view channel) const {
    return std::find(channels_off.begin(), channels_off.end(), channel) != channels_off.end();
}

}  // namespace carillon::notify
