#pragma once
// Whether a given value is what its key wants, and the sentence when it is not.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "config/schema.hpp"

namespace carillon::config {

// "an integer from 1024 to 16777216", "one of token, development".
[[nodiscard]] std::string expected(const Rule& rule);

// What a text from the environment stands for: "12" is a number where one is wanted, "a, b" a list. A text
// that stands for nothing of the kind stays one, for accept() to refuse.
[[nodiscard]] Json from_text(const Rule& rule, const std::string& text);

// Nothing when the value is right, else "http.body_bytes: expected …, got …". A secret is never quoted.
[[nodiscard]] std::optional<std::string> refusal(const Key& key, const Json& value);

// The value as check-config shows it.
[[nodiscard]] std::string shown(const Key& key, const Json& value);
// The same for programs: typed, null for a secret that is not set.
[[nodiscard]] Json shown_json(const Key& key, const Json& value);

// The same connection text with *** for its password, in a postgres:// address as in "host=… password=…".
[[nodiscard]] std::string mask_password(std::string_view connection);

}  // namespace carillon::config
