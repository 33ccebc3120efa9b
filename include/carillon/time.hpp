#pragma once
#include <carillon/error.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace carillon {

using Time = std::chrono::sys_time<std::chrono::microseconds>;

// Time comes in by the constructor; nobody below app asks the system for it.
using Clock = std::function<Time()>;

[[nodiscard]] Time system_now();

// "2026-11-21T07:30:00Z", with as many fraction digits (3 or 6) as the value needs.
[[nodiscard]] std::string to_rfc3339(Time time);
// Any offset is taken and turned into UTC; up to nine fraction digits are read, six are kept.
[[nodiscard]] Result<Time> parse_rfc3339(std::string_view text);
// "30s", "15m", "1h", "7d": what a person types on a command line or in the configuration.
[[nodiscard]] Result<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace carillon
