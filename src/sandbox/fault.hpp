#pragma once
// What can go wrong at a provider, and how it is asked for.
#include <carillon/json.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sandbox/calls.hpp"

namespace carillon::sandbox {

enum class FaultKind {
    // In place of an answer, before anything of the call is looked at.
    status,  // in the provider's own words for that status
    drop,    // the connection ends
    html,    // a proxy's page
    empty,   // no body
    // In place of what the provider would have done with a call that is in order, in its words.
    unregistered,
    sender_mismatch,
    third_party_auth,
    invalid_token,
    permission_denied,
    quota,
    unavailable,
    internal,
    token_rejected,
    invalid_grant,
    wallet,
    waba_disabled,
    number_disabled,
    number_not_connected,
    null_500,
    invalid_company,
    key_revoked,
    // The call is carried out, and then …
    latency,       // (the wait comes first)
    drop_after,    // the connection ends
    slow_body,     // the answer waits
    invalid_json,  // half of the answer is missing
    id_token_only,
    receipt_failed,  // the message's only receipt says so
    no_receipts,
};

// When a fault of this kind strikes.
enum class Strikes { unseen, instead, carried_out };

struct FaultInfo {
    FaultKind kind;
    std::string_view name;
    Strikes strikes;
    std::string_view providers;  // space between
    int status = 0;              // unless it says otherwise; 0: it has none
    int latency_ms = 0;
};

[[nodiscard]] std::span<const FaultInfo> fault_kinds() noexcept;
[[nodiscard]] const FaultInfo& describe(FaultKind kind) noexcept;

struct Fault {
    std::string id;
    Provider provider{};
    FaultKind kind{};
    std::string token_prefix;   // of the device's token
    std::string number_suffix;  // of the customer's number, country code included
    int status = 0;
    int code = 0;  // Meta's, of receipt_failed
    std::optional<int> retry_after;
    std::chrono::milliseconds latency{};
    std::optional<std::int64_t> times;  // left; empty: until it is removed
    std::uint64_t applied = 0;
};

// {"provider", "fault", "match": {"token": prefix, "number": suffix}, "status", "code", "retry_after",
//  "latency_ms", "times"}
[[nodiscard]] Result<Fault> parse_fault(const Json& body);
[[nodiscard]] Json to_json(const Fault& fault);

// The fault that a token's beginning or a number's end asks for by itself, so that one can be had without a
// second call: "unreg-…", "quota-…"; "…990500", "…991026".
[[nodiscard]] std::optional<Fault> triggered_fault(Provider provider, std::string_view target);
// For people: [{"provider", "match", "fault"}]
[[nodiscard]] Json triggers();

}  // namespace carillon::sandbox
