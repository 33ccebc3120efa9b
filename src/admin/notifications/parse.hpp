#pragma once
// Queries and bodies into values; pure.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notify/journal_values.hpp"
#include "notify/settings_store.hpp"
#include "notify/template_store.hpp"

namespace carillon::admin {

// A type of template, a channel or a language that is well-formed; otherwise Failure::invalid.
[[nodiscard]] Result<notify::TemplateChange> parse_template_change(const std::string& type, const Json& body);
[[nodiscard]] Result<notify::PreviewRequest> parse_preview(const std::string& type, const Json& body);
// ?channel= &language=, both at will.
[[nodiscard]] std::optional<Error> check_choice(const notify::TemplateChoice& choice);

struct SettingsWish {
    notify::UserSettings settings;
    bool whatsapp_on = false;  // said in so many words
};
// `event_types`: what may be muted, each or by its family ("lead.*").
[[nodiscard]] Result<SettingsWish> parse_settings(const Json& body,
                                                  const std::vector<std::string>& event_types);

// What is kept of an event's page in its cursor.
[[nodiscard]] Json to_json(const notify::EventPosition& position);
[[nodiscard]] std::optional<notify::EventPosition> event_position_of(const Json& position);

// "fr", "fr-CM".
[[nodiscard]] bool is_language(std::string_view text);

}  // namespace carillon::admin
