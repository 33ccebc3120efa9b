#pragma once
// Why a user did, or did not, hear of an event.
#include <string>
#include <string_view>
#include <vector>

#include "notify/journal_values.hpp"

namespace carillon::notify {

enum class WhyVerdict {
    no_such_event,
    no_such_user,
    not_planned,      // accepted, and nobody has yet worked out whom to tell
    not_yet,          // a broadcast is under way and has not come to this user
    not_a_recipient,  // planned, and this user is not among those who are told
    told,  // there is a trace of this user: a place in the feed, or channels and what became of each
};

[[nodiscard]] std::string_view name_of(WhyVerdict verdict) noexcept;

struct WhyChannel {
    LogMessage message;
    std::optional<QueueRow> queue;
};

// What was found, of one instant.
struct WhyFacts {
    std::string user;  // as stored; as asked for when there is none
    std::string asked_event;
    bool user_known = false;
    Time now;
    std::optional<EventRow> event;
    std::optional<PlanRow> plan;
    std::optional<OutboxRow> outbox;
    std::vector<BroadcastRow> broadcasts;
    std::optional<FeedRow> feed;
    std::vector<ReaderRow> readers;  // of those who have a place in the feed
    std::vector<WhyChannel> channels;
    std::vector<LogMessage> nobody;  // routes that told nobody, and why
};

struct Why {
    WhyFacts facts;
    WhyVerdict verdict = WhyVerdict::no_such_event;
    std::vector<std::string> sentences;  // plain, in the order in which things happened

    [[nodiscard]] bool unknown() const noexcept {
        return verdict == WhyVerdict::no_such_event || verdict == WhyVerdict::no_such_user;
    }
};

// Pure: the verdict and the sentences that follow from what was found.
[[nodiscard]] Why explain(WhyFacts facts);

}  // namespace carillon::notify
