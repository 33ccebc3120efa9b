#include "notify/settle.hpp"

#include <algorithm>
#include <cmath>

namespace carillon::notify {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_wish = std::chrono::hours{24};
constexpr milliseconds longest_without_attempt = std::chrono::hours{24};

milliseconds policy_delay(const RetryPolicy& policy, const Attempt& attempt) {
    if (policy.backoff == RetryPolicy::Backoff::fixed) return policy.delay;
    const auto doubled =
        static_cast<double>(policy.delay.count()) * std::exp2(std::max(attempt.number, 1) - 1);
    const auto bounded = std::min(doubled, static_cast<double>(policy.ceiling.count()));
    // After the ceiling, or all that have reached it would come back at the same moment.
    const auto jittered = bounded * (1 + policy.jitter * (2 * std::clamp(attempt.random, 0.0, 1.0) - 1));
    return milliseconds{std::llround(jittered)};
}

bool is_used_up(const Retry& retry, const Attempt& attempt, const RetryPolicy& policy, Time now) {
    if (retry.spends_attempt) return attempt.number >= policy.attempts;
    return !attempt.expires_at && now - attempt.first_at >= longest_without_attempt;
}

Settlement settle_retry(const Retry& retry, const Attempt& attempt, const RetryPolicy& policy, Time now) {
    if (is_used_up(retry, attempt, policy, now)) return Dead{retry.reason};
    const auto delay = retry.after ? std::clamp(*retry.after, milliseconds::zero(), longest_wish)
                                   : policy_delay(policy, attempt);
    const auto at = now + delay;
    if (attempt.expires_at && at > *attempt.expires_at) return Dead{Reason::expired};
    return RetryAt{at, retry.reason, retry.spends_attempt};
}

}  // namespace

Settlement settle(const Outcome& outcome, const Attempt& attempt, const RetryPolicy& policy, Time now) {
    const auto& verdict = outcome.verdict;
    if (const auto* accepted = std::get_if<Accepted>(&verdict))
        return Done{accepted->provider_message_id, accepted->conversation_id};
    if (const auto* reject = std::get_if<Reject>(&verdict)) return Dead{reject->reason};
    if (const auto* retry = std::get_if<Retry>(&verdict)) {
        const auto settlement = settle_retry(*retry, attempt, policy, now);
        if (outcome.partly && std::holds_alternative<Dead>(settlement))
            return Done{outcome.partly->provider_message_id, outcome.partly->conversation_id};
        return settlement;
    }

    const auto reason = std::get<Unknown>(verdict).reason;
    if (!attempt.repeatable) return Wait{reason};
    return settle_retry(Retry{.reason = reason, .after = {}}, attempt, policy, now);
}

}  // namespace carillon::notify
