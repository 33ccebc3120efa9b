#pragma once
// The verdicts that all channels share.
#include <carillon/channel.hpp>
#include <carillon/json.hpp>

#include "outbound/client.hpp"

namespace carillon::channels {

// It failed: counts for the breaker, and costs an attempt.
[[nodiscard]] Retry failed(Reason reason, std::optional<std::chrono::milliseconds> after = {});
// It is well, and wants to be asked later.
[[nodiscard]] Retry later(Reason reason, std::optional<std::chrono::milliseconds> after = {});
// Nothing is wrong with the message: it waits, without spending an attempt, until somebody has looked.
[[nodiscard]] Outcome paused(Reason reason, std::chrono::seconds pause, Json answer);
[[nodiscard]] Outcome outcome_of(Verdict verdict, Json answer);
[[nodiscard]] Outcome rejected(Reason reason, Json answer = Json::object());

// Of a call that brought no answer. What surely was not sent, or does no harm as a second copy, is tried
// again; the rest may be at its reader's already.
enum class SecondCopy { harmless, reaches_a_person };
[[nodiscard]] Verdict unanswered(const outbound::Reply& reply, SecondCopy second_copy);
// The same for the timeline.
[[nodiscard]] Json describe_failure(const outbound::Reply& reply);

}  // namespace carillon::channels
