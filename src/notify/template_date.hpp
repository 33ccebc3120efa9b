#pragma once
#include <string>
#include <string_view>

namespace carillon::notify {

// A day ("2026-02-01") or a time in RFC 3339, written as the format says: %d %e %m %b %B %a %A %Y %y %H %M %I
// %p
// %%, and %-d, %-m, %-H, %-I without the leading zero. Names of months and days are French for "fr…" and
// English otherwise. The clock is the value's own: no offset is applied. A text that is no such date ("Jan
// 28", "tomorrow") comes back as it is, because a person may have worded it already.
[[nodiscard]] std::string format_date(std::string_view date, std::string_view format,
                                      std::string_view language);

// What is wrong with a format; empty: nothing.
[[nodiscard]] std::string date_format_objection(std::string_view format);

}  // namespace carillon::notify
