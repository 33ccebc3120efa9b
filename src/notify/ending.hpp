#pragma once
// From what a channel said to what is written down. Pure.
#include "notify/delivery.hpp"
#include "notify/settle.hpp"
#include "notify/settler.hpp"

namespace carillon::notify {

struct Finished {
    const Delivery& delivery;
    const Outcome& outcome;
    Time begun;
    Time ended;
    bool has_receipts = false;
};
[[nodiscard]] Ending ending_of(const Finished& finished, const Settlement& settlement);

// Without a call: put off, or never to be sent.
[[nodiscard]] Ending postponed(const Delivery& delivery, Reason reason, std::chrono::milliseconds wait);
[[nodiscard]] Ending skipped(const Delivery& delivery, Reason reason);

[[nodiscard]] std::string_view name_of(const Verdict& verdict) noexcept;
[[nodiscard]] Reason reason_of(const Verdict& verdict) noexcept;

}  // namespace carillon::notify
