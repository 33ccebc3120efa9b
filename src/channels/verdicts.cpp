#include "channels/verdicts.hpp"

#include <string_view>
#include <utility>

namespace carillon::channels {
namespace {

std::string_view name_of_failure(outbound::Failure failure) {
    switch (failure) {
        case outbound::Failure::none: return "none";
        case outbound::Failure::refused: return "refused";
        case outbound::Failure::not_connected: return "not_connected";
        case outbound::Failure::not_sent: return "not_sent";
        case outbound::Failure::lost: return "lost";
        case outbound::Failure::timed_out_unsent: return "timed_out_unsent";
        case outbound::Failure::timed_out_sent: return "timed_out_sent";
        case outbound::Failure::too_large: return "too_large";
    }
    return "none";
}

Reason reason_of(outbound::Failure failure) {
    switch (failure) {
        case outbound::Failure::timed_out_sent: return Reason::timed_out;
        case outbound::Failure::too_large: return Reason::bad_answer;
        case outbound::Failure::lost: return Reason::answer_lost;
        default: return Reason::connection_failed;
    }
}

}  // namespace

Retry failed(Reason reason, std::optional<std::chrono::milliseconds> after) {
    return Retry{reason, after, true, true};
}

Retry later(Reason reason, std::optional<std::chrono::milliseconds> after) {
    return Retry{reason, after, false, false};
}

Outcome outcome_of(Verdict verdict, Json answer) {
    Outcome outcome;
    outcome.verdict = std::move(verdict);
    outcome.answer = std::move(answer);
    return outcome;
}

Outcome paused(Reason reason, std::chrono::seconds pause, Json answer) {
    auto outcome = outcome_of(later(reason, pause), std::move(answer));
    outcome.pause = pause;
    return outcome;
}

Outcome rejected(Reason reason, Json answer) {
    return outcome_of(Reject{reason}, std::move(answer));
}

Verdict unanswered(const outbound::Reply& reply, SecondCopy second_copy) {
    // Our own client was too busy, or is stopping: that is nobody's failure.
    if (reply.failure == outbound::Failure::refused) return later(Reason::connection_failed);
    const auto reason = reason_of(reply.failure);
    if (reply.surely_unsent() || second_copy == SecondCopy::harmless) return failed(reason);
    return Unknown{reason};
}

Json describe_failure(const outbound::Reply& reply) {
    return Json{{"failure", name_of_failure(reply.failure)}};
}

}  // namespace carillon::channels
