#pragma once
// One stored template: its text and its options, with a template in every text of them.
//
// Threads: immutable; any. Parsing and rendering are pure.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "notify/template.hpp"

namespace carillon::notify {

class MessageTemplate {
public:
    struct Output {
        std::string text;
        Json content;  // the options, every text in them rendered
    };

    static constexpr std::size_t most_option_bytes = 16 * 1024;  // as JSON
    static constexpr std::size_t most_option_holes = 64;         // texts that are more than themselves

    // Failure::invalid "template_syntax", every faulty text with its place: {"options.title", "line 1, …"};
    // {"options", …} when there is more of them than a message has use for.
    static Result<MessageTemplate> parse(std::string_view text, Json options);

    // What Template::render() says, of all texts at once; its limits are those of all of them together.
    [[nodiscard]] Result<Output> render(const Json& context, std::string_view language) const;

    // What it asks of the context, sorted.
    [[nodiscard]] std::vector<std::string> variables() const;

private:
    using Place = Json::json_pointer;
    MessageTemplate(Template text, Json options, std::vector<std::pair<Place, Template>> holes);

    Template text_;
    Json options_;
    std::vector<std::pair<Place, Template>> holes_;
};

// Which languages do for a reader of one, the best first: "fr-CM", "fr", "en".
[[nodiscard]] std::vector<std::string_view> language_choices(std::string_view language);

}  // namespace carillon::notify
