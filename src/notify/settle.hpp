#pragma once
// What the outcome of an attempt means for its delivery. Pure: the same arguments, the same answer.
//
//   Accepted  the delivery is done.
//   Reject    it is dead.
//   Retry     again later, at the provider's wish (24 h at most) or as the policy has it; dead when the
//             attempts are used up, or when it would come after the message is of any use.
//   Unknown   as Retry where a second copy does no harm; else it waits for a receipt or an operator.
//
// What would be dead, but has reached some of the recipient's devices, is done.
//
// A Retry that spends no attempt keeps its number and so could go on for ever. It does not: expires_at ends
// it, and without one it is made again only within 24 h of the first attempt.
#include <carillon/channel.hpp>
#include <carillon/reason.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <variant>

namespace carillon::notify {

struct RetryPolicy {
    enum class Backoff {
        fixed,       // always the same delay, to the second
        exponential  // doubled each time, up to the ceiling, then jittered
    };

    int attempts = 3;
    Backoff backoff = Backoff::fixed;
    std::chrono::milliseconds delay{std::chrono::minutes{5}};
    std::chrono::milliseconds ceiling{std::chrono::hours{1}};
    double jitter = 0.2;  // 80 % to 120 %
};

struct Attempt {
    int number = 1;
    bool repeatable = false;         // what the channel says of itself
    std::optional<Time> expires_at;  // of no use after that
    Time first_at;                   // when the first attempt began
    double random = 0.5;             // evenly from 0 to 1, for the jitter
};

struct Done {
    std::string provider_message_id;
    std::string conversation_id;
    bool operator==(const Done&) const = default;
};
struct RetryAt {
    Time at;
    Reason reason = Reason::none;
    bool spends_attempt = true;
    bool operator==(const RetryAt&) const = default;
};
struct Dead {
    Reason reason = Reason::none;
    bool operator==(const Dead&) const = default;
};
struct Wait {
    Reason reason = Reason::none;
    bool operator==(const Wait&) const = default;
};
using Settlement = std::variant<Done, RetryAt, Dead, Wait>;

[[nodiscard]] Settlement settle(const Outcome& outcome, const Attempt& attempt, const RetryPolicy& policy,
                                Time now);

}  // namespace carillon::notify
