#pragma once
// How long a provider asks us to wait.
#include <carillon/time.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace carillon::outbound {

// Seconds, or an HTTP date. A date is held against the answer's own Date, so that two clocks that differ do
// no harm, and against now when there is none. At most a day, and never below zero.
[[nodiscard]] std::optional<std::chrono::seconds> parse_retry_after(std::string_view text,
                                                                    const std::string& answer_date, Time now);

}  // namespace carillon::outbound
