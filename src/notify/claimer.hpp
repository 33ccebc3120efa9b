#pragma once
// Claiming, and what is decided about a delivery before it goes out: hours or days may have passed since it
// was planned. Runs inside one transaction, on a pool thread.
#include <carillon/reason.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "notify/channels.hpp"
#include "notify/ending.hpp"
#include "notify/queue_store.hpp"
#include "notify/recipient.hpp"

namespace carillon::notify {

struct Claims {
    std::vector<Delivery> to_send;
    std::vector<Ending> endings;  // need no call
    std::vector<DueRow> due;
    Time now{};
    std::size_t count = 0;
};

[[nodiscard]] Claims claim_and_decide(db::Session& session, const std::vector<Wish>& wishes,
                                      const ClaimTerms& terms, const Channels& channels,
                                      const TemplateBook& book);

// Pure: does it still have to go, to this person, now?
struct GoNow {};
struct NotNow {
    Reason reason;
    Time until;
};
struct Never {
    Reason reason;
};
using Decision = std::variant<GoNow, NotNow, Never>;
[[nodiscard]] Decision decide(const Claimed& claimed, const Channel& channel, const Recipient& who, Time now);

}  // namespace carillon::notify
