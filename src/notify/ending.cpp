#include "notify/ending.hpp"

#include <algorithm>
#include <utility>

namespace carillon::notify {
namespace {

template <class... Ts>
struct overloaded : Ts... {
    using Ts::operator()...;
};
template <class... Ts>
overloaded(Ts...) -> overloaded<Ts...>;

Ending begin_ending(const Delivery& delivery) {
    Ending ending;
    ending.id = delivery.message.id;
    ending.fence = delivery.fence;
    ending.attempt = delivery.calls;
    ending.progress = delivery.message.progress;
    return ending;
}

}  // namespace

std::string_view name_of(const Verdict& verdict) noexcept {
    return std::visit(overloaded{[](const Accepted&) { return std::string_view{"accepted"}; },
                                 [](const Retry&) { return std::string_view{"retry"}; },
                                 [](const Reject&) { return std::string_view{"reject"}; },
                                 [](const Unknown&) { return std::string_view{"unknown"}; }},
                      verdict);
}

Reason reason_of(const Verdict& verdict) noexcept {
    return std::visit(overloaded{[](const Accepted&) { return Reason::accepted; },
                                 [](const auto& other) { return other.reason; }},
                      verdict);
}

Ending ending_of(const Finished& finished, const Settlement& settlement) {
    const auto& delivery = finished.delivery;
    auto ending = begin_ending(delivery);
    ending.progress = finished.outcome.progress;
    ending.has_receipts = finished.has_receipts;
    ending.unregistered = finished.outcome.unregistered;
    ending.unusable = finished.outcome.unusable;
    ending.call =
        Ending::Call{delivery.calls, finished.begun, finished.ended,
                     std::string{name_of(finished.outcome.verdict)}, to_text(finished.outcome.answer)};
    const auto tell = overloaded{
        [&ending](const Done& done) {
            ending.what = Ending::What::sent;
            ending.reason = Reason::accepted;
            ending.provider_message_id = done.provider_message_id;
            ending.conversation_id = done.conversation_id;
        },
        [&](const RetryAt& retry) {
            ending.what = Ending::What::retry;
            ending.reason = retry.reason;
            if (!retry.spends_attempt) --ending.attempt;
            ending.again_in = std::chrono::ceil<std::chrono::milliseconds>(
                std::max<Time::duration>(retry.at - finished.ended, Time::duration::zero()));
        },
        [&ending](const Dead& dead) {
            ending.what = Ending::What::dead;
            ending.reason = dead.reason;
        },
        [&ending](const Wait& wait) {
            ending.what = Ending::What::unknown;
            ending.reason = wait.reason;
        },
    };
    std::visit(tell, settlement);
    return ending;
}

Ending postponed(const Delivery& delivery, Reason reason, std::chrono::milliseconds wait) {
    auto ending = begin_ending(delivery);
    ending.what = Ending::What::postpone;
    ending.reason = reason;
    ending.again_in = wait;
    // The call that was recorded with the lease was not made.
    if (delivery.begun_at) ending.attempt = std::max(0, delivery.calls - 1);
    return ending;
}

Ending skipped(const Delivery& delivery, Reason reason) {
    auto ending = postponed(delivery, reason, std::chrono::milliseconds{0});
    ending.what = Ending::What::skipped;
    return ending;
}

}  // namespace carillon::notify
