#pragma once
#include <carillon/log.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string>

namespace carillon::log {

// One line without its end. No value can begin a second one: what could break a line is escaped.
[[nodiscard]] std::string format_line(Format format, std::optional<Time> time, Level level,
                                      std::string_view event, Fields fields);

}  // namespace carillon::log
