#include "notify/template_book.hpp"

#include <carillon/log.hpp>
#include <algorithm>
#include <utility>

#include "notify/message_template.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement read_stamp{"template_stamp", "SELECT stamp FROM template_stamp"};

constexpr db::Statement read_active{"template_book", R"sql(
    SELECT type, channel, language, version, content, options
      FROM notification_templates
     WHERE active)sql"};

void tell(const pqxx::row& row, std::string_view why) {
    log::error("template_unusable", {{"type", row["type"].c_str()},
                                     {"channel", row["channel"].c_str()},
                                     {"language", row["language"].c_str()},
                                     {"reason", why}});
}

Result<MessageTemplate> parse(const pqxx::row& row) {
    auto options = parse_json(row["options"].c_str());
    if (options.has_error()) return options.error();
    return MessageTemplate::parse(row["content"].c_str(), std::move(*options));
}

}  // namespace

struct TemplateBook::Entry {
    int version;
    MessageTemplate body;
};

std::shared_ptr<const TemplateBook> TemplateBook::load(db::Session& session) {
    auto book = std::make_shared<TemplateBook>();
    // Before the templates: what changes in between is then loaded twice and never missed.
    book->stamp_ = current_stamp(session);
    for (const auto& row : session.exec(read_active)) {
        auto body = parse(row);
        if (body.has_error()) {
            tell(row, body.error().fields.empty() ? body.error().detail : body.error().fields[0].message);
            continue;
        }
        Key key{row["type"].c_str(), row["channel"].c_str(), row["language"].c_str()};
        auto entry = std::make_shared<const Entry>(Entry{row["version"].as<int>(), std::move(*body)});
        book->entries_.emplace(std::move(key), std::move(entry));
    }
    return book;
}

std::int64_t TemplateBook::current_stamp(db::Session& session) {
    return session.exec(read_stamp).at(0).at(0).as<std::int64_t>();
}

Result<Rendered> TemplateBook::render(std::string_view type, std::string_view channel,
                                      std::string_view language, const Json& context) const {
    for (const auto choice : language_choices(language)) {
        const auto found = entries_.find(std::tuple{type, channel, choice});
        if (found == entries_.end()) continue;
        const auto& entry = *found->second;
        auto output = entry.body.render(context, choice);
        if (output.has_error()) return output.error();
        return Rendered{std::string{choice}, entry.version, std::move(output->text),
                        std::move(output->content)};
    }
    return Error{Failure::not_found, "template_missing",
                 "There is no template " + std::string{type} + " for " + std::string{channel} + "."};
}

bool TemplateBook::has(std::string_view type, std::string_view channel) const {
    const auto at = entries_.lower_bound(std::tuple{type, channel, std::string_view{}});
    return at != entries_.end() && std::get<0>(at->first) == type && std::get<1>(at->first) == channel;
}

bool TemplateBook::knows(std::string_view type) const {
    const auto at = entries_.lower_bound(std::tuple{type, std::string_view{}, std::string_view{}});
    return at != entries_.end() && std::get<0>(at->first) == type;
}

}  // namespace carillon::notify
