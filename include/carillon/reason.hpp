#pragma once
// Why a delivery is in the state it is in: one closed list for rows, metrics, the timeline and the documents.
// A name, once stored, is never renamed.
#include <optional>
#include <span>
#include <string_view>

namespace carillon {

enum class Reason {
    none,
    // Waits, and for what.
    quiet_hours,
    digest,
    foreground,
    unacked,
    earlier_channel,
    provider_paused,
    provider_down,
    rate_limited,
    pair_limited,
    // Will never be sent, and nothing is wrong.
    no_route,
    no_recipient,
    unknown_user,
    opted_out,
    channel_off,
    muted,
    channel_disabled,
    no_address,
    no_device,
    already_acked,
    already_read,
    earlier_channel_sent,
    expired,
    dismissed,
    erased,
    // Cannot be sent as it is.
    template_missing,
    template_variable_missing,
    template_failed,
    payload_too_large,
    needs_template,
    planning_failed,
    // What a call came to.
    accepted,
    delivered,
    read,
    connection_failed,
    timed_out,
    answer_lost,
    process_lost,
    provider_error,
    bad_answer,
    invalid_request,
    credentials_refused,
    third_party_credentials,
    account_blocked,
    wallet_empty,
    number_disabled,
    unregistered,
    sender_mismatch,
    recipient_unreachable,
    recipient_stopped,
    marketing_limited,
    receipt_failed,
    channel_failed,
};

struct ReasonInfo {
    Reason reason;
    std::string_view name;   // as stored and shown
    std::string_view about;  // one sentence for an operator
};

// Every reason, in the order of the enum.
[[nodiscard]] std::span<const ReasonInfo> reasons() noexcept;
[[nodiscard]] std::string_view name_of(Reason reason) noexcept;
[[nodiscard]] std::string_view about(Reason reason) noexcept;
[[nodiscard]] std::optional<Reason> reason_named(std::string_view name) noexcept;

}  // namespace carillon
