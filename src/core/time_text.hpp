#pragma once
#include <carillon/time.hpp>
#include <string>

namespace carillon {

// Appends the time in RFC 3339 with so many fraction digits (0, 3 or 6).
void append_rfc3339(std::string& out, Time time, int fraction_digits);

}  // namespace carillon
