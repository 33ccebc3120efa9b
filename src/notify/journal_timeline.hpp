#pragma once
// A message's rows as one story, in the order in which it happened. Pure.
#include <vector>

#include "notify/journal_values.hpp"

namespace carillon::notify {

[[nodiscard]] std::vector<TimelineEntry> timeline_of(const MessageFacts& facts);

// A reason by name with its sentence: {"reason": "muted", "about": "The user has …"}.
[[nodiscard]] Json explained(const std::string& reason);
// The sentence alone; the name itself when the list no longer has it.
[[nodiscard]] std::string sentence_of(const std::string& reason);

}  // namespace carillon::notify
