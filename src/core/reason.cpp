#include <carillon/reason.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace carillon {
namespace {

using enum Reason;

constexpr std::array table{
    ReasonInfo{none, "none", "Nothing to say."},
    ReasonInfo{quiet_hours, "quiet_hours", "Waits until the user's quiet hours are over."},
    ReasonInfo{digest, "digest", "Gathered with others into one message."},
    ReasonInfo{foreground, "foreground", "Held back: one of the user's devices is in use and may show it."},
    ReasonInfo{unacked, "unacked", "Goes out only if no device has acknowledged the message by then."},
    ReasonInfo{earlier_channel, "earlier_channel", "Goes out only if the channel before it fails."},
    ReasonInfo{provider_paused, "provider_paused", "The channel rests: its account needs an operator."},
    ReasonInfo{provider_down, "provider_down", "The provider keeps failing; it is left alone for a while."},
    ReasonInfo{rate_limited, "rate_limited", "The provider asked for fewer messages."},
    ReasonInfo{pair_limited, "pair_limited", "The provider limits how often one person is written to."},
    ReasonInfo{no_route, "no_route", "The routing policy says nothing about this kind of event."},
    ReasonInfo{no_recipient, "no_recipient", "The event names nobody to tell."},
    ReasonInfo{unknown_user, "unknown_user", "There is no such user."},
    ReasonInfo{opted_out, "opted_out", "This person replied STOP."},
    ReasonInfo{channel_off, "channel_off", "The user has turned this channel off."},
    ReasonInfo{muted, "muted", "The user has muted this kind of event."},
    ReasonInfo{channel_disabled, "channel_disabled", "The channel has no credentials."},
    ReasonInfo{no_address, "no_address", "The user has no phone number."},
    ReasonInfo{no_device, "no_device", "The user has no device that takes push."},
    ReasonInfo{already_acked, "already_acked", "A device had acknowledged the message before."},
    ReasonInfo{already_read, "already_read", "The user had read the message before."},
    ReasonInfo{earlier_channel_sent, "earlier_channel_sent", "The channel before it took the message."},
    ReasonInfo{expired, "expired", "It could not be sent while it was still of use."},
    ReasonInfo{dismissed, "dismissed", "An operator took it out of the queue."},
    ReasonInfo{erased, "erased", "The user was erased."},
    ReasonInfo{template_missing, "template_missing", "There is no template for this channel."},
    ReasonInfo{template_variable_missing, "template_variable_missing",
               "The event lacks a value the template needs."},
    ReasonInfo{template_failed, "template_failed", "The template could not be rendered."},
    ReasonInfo{payload_too_large, "payload_too_large", "The message is larger than the provider takes."},
    ReasonInfo{needs_template, "needs_template",
               "More than 24 hours after the person's last message WhatsApp takes only approved templates."},
    ReasonInfo{planning_failed, "planning_failed",
               "The event could not be planned, however often it was tried."},
    ReasonInfo{accepted, "accepted", "The provider took it."},
    ReasonInfo{delivered, "delivered", "It reached the person."},
    ReasonInfo{read, "read", "The person has seen it."},
    ReasonInfo{connection_failed, "connection_failed",
               "The provider could not be reached; nothing was sent."},
    ReasonInfo{timed_out, "timed_out", "The provider did not answer in time."},
    ReasonInfo{answer_lost, "answer_lost",
               "The request went out and no answer came; the provider may have it."},
    ReasonInfo{process_lost, "process_lost", "The server ended in the middle of the attempt."},
    ReasonInfo{provider_error, "provider_error", "The provider failed."},
    ReasonInfo{bad_answer, "bad_answer", "The provider's answer makes no sense."},
    ReasonInfo{invalid_request, "invalid_request", "The provider refuses the message as it is."},
    ReasonInfo{credentials_refused, "credentials_refused", "The provider refuses our credentials."},
    ReasonInfo{third_party_credentials, "third_party_credentials",
               "FCM's credentials for Apple or for web push are refused."},
    ReasonInfo{account_blocked, "account_blocked", "The provider has blocked the account."},
    ReasonInfo{wallet_empty, "wallet_empty", "The provider's account has run out of money."},
    ReasonInfo{number_disabled, "number_disabled", "The business number is disabled or not connected."},
    ReasonInfo{unregistered, "unregistered", "None of the user's devices is registered any more."},
    ReasonInfo{sender_mismatch, "sender_mismatch", "The device belongs to another Firebase project."},
    ReasonInfo{recipient_unreachable, "recipient_unreachable", "The number cannot be reached on WhatsApp."},
    ReasonInfo{recipient_stopped, "recipient_stopped", "The person has told WhatsApp to stop such messages."},
    ReasonInfo{marketing_limited, "marketing_limited",
               "WhatsApp limits how many such messages this person gets."},
    ReasonInfo{receipt_failed, "receipt_failed", "The provider took it and later said that it failed."},
    ReasonInfo{channel_failed, "channel_failed", "The channel itself failed; the log says how."},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (table[i].reason != static_cast<Reason>(i)) return false;
    }
    return table.back().reason == channel_failed;
}
static_assert(in_order(), "a row for every reason, in the order of the enum");

}  // namespace

std::span<const ReasonInfo> reasons() noexcept {
    return table;
}

std::string_view name_of(Reason reason) noexcept {
    return table[static_cast<std::size_t>(reason)].name;
}

std::string_view about(Reason reason) noexcept {
    return table[static_cast<std::size_t>(reason)].about;
}

std::optional<Reason> reason_named(std::string_view name) noexcept {
    const auto found =
        std::find_if(table.begin(), table.end(), [name](const auto& row) { return row.name == name; });
    return found == table.end() ? std::nullopt : std::optional{found->reason};
}

}  // namespace carillon
