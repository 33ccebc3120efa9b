#pragma once
// What a provider's code means to us. Each provider has its table of these; no code is decided in a branch.
#include <carillon/reason.hpp>
#include <chrono>
#include <string_view>

namespace carillon::channels {

enum class Action {
    retry,           // after a while
    refresh_token,   // our access token has run out
    drop_token,      // the device is gone for good
    flag_token,      // the device cannot be reached, and that may be our fault
    reject,          // this message will never go out
    pause_channel,   // no message will go out before somebody has looked
    needs_template,  // free text is not allowed now
    stop_recipient,  // this person wants no more of these
};

struct Ruling {
    Action action;
    Reason reason;
    std::chrono::seconds after{
        0};  // how long to wait where the provider does not say; 0: as the policy has it
};

struct CodeRuling {
    std::string_view code;
    Ruling ruling;
};

// For codes that are numbers and come in families.
struct NumberRuling {
    int first;
    int last;
    Ruling ruling;
};

// How long a channel rests whose account, number or credentials are refused: long enough not to hammer,
// short enough that whoever mends it need not restart anything.
inline constexpr std::chrono::seconds pause_time{300};

}  // namespace carillon::channels
