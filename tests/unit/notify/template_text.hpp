#pragma once
// What a template comes to in one line, for tables.
#include <carillon/json.hpp>
#include <gmock/gmock.h>

#include "notify/template.hpp"

namespace carillon::notify {

inline Result<std::string> try_render(std::string_view source, const Json& context = Json::object(),
                                      std::string_view language = "en", const TemplateLimits& limits = {}) {
    const auto parsed = parse_template(source, limits);
    if (!parsed) return parsed.error();
    return parsed->render(context, {language});
}

// The text, or "code: detail".
inline std::string rendered(std::string_view source, const Json& context = Json::object(),
                            std::string_view language = "en") {
    const auto text = try_render(source, context, language);
    return text ? *text : text.error().code + ": " + text.error().detail;
}

}  // namespace carillon::notify
