#pragma once
// Values into answers; pure.
#include <carillon/json.hpp>

#include "notify/journal_values.hpp"
#include "notify/journal_why.hpp"
#include "notify/settings_store.hpp"
#include "notify/statistics.hpp"
#include "notify/template_store.hpp"

namespace carillon::admin {

// With the names of the messages' first home beside ours: "type" and "message_type", "message" and
// "message_text".
[[nodiscard]] Json to_json(const notify::LogMessage& message);
[[nodiscard]] Json history_json(const notify::HistoryPage& page, const Json& next_cursor);
[[nodiscard]] Json to_json(const notify::MessageFacts& facts);

enum class Payload { shown, hidden };
[[nodiscard]] Json to_json(const notify::EventStory& story, Payload payload, const Json& next_cursor);
// The event without its payload: that is for the admin, and this for whoever helps a user.
[[nodiscard]] Json to_json(const notify::Why& why);
[[nodiscard]] Json to_json(const notify::StatisticsReport& report, int days);

[[nodiscard]] Json to_json(const notify::StoredTemplate& stored);
[[nodiscard]] Json to_json(const notify::TemplateVersion& version);
[[nodiscard]] Json to_json(const notify::Preview& preview, const std::string& type);
// Of one type: the one that a caller who names no channel means, with all of them.
[[nodiscard]] Json type_json(const std::vector<notify::StoredTemplate>& all);

[[nodiscard]] Json to_json(const UserId& user, const notify::UserSettings& settings);

}  // namespace carillon::admin
