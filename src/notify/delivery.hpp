#pragma once
// One delivery on its way: leased by this process, its row in the queue being the safety net.
#include <carillon/channel.hpp>
#include <carillon/time.hpp>
#include <cstdint>
#include <optional>
#include <string>

namespace carillon::notify {

struct Delivery {
    Message message;
    std::string channel;
    std::int64_t fence = 0;  // of our lease
    bool bulk = false;
    // The call is recorded as begun: set by whoever leased it where a second call does no harm, and otherwise
    // right before the call.
    std::optional<Time> begun_at;
    int calls = 0;  // begun so far, the one under way included
    Time first_at;  // when it first could have gone out
};

}  // namespace carillon::notify
