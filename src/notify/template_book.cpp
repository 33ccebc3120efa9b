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

void tell(const TemplateBook::Source& source, std::string_view why) {
    log::error(
        "template_unusable",
        {{"type", source.type}, {"channel", source.channel}, {"language", source.language}, {"reason", why}});
}

}  // namespace

struct TemplateBook::Entry {
    int version;
    MessageTemplate body;
};

std::shared_ptr<const TemplateBook> TemplateBook::make(std::int64_t stamp, std::vector<Source> sources) {
    auto book = std::make_shared<TemplateBook>();
    book->stamp_ = stamp;
    for (auto& source : sources) {
        auto body = MessageTemplate::parse(source.content, std::move(source.options));
        if (body.has_error()) {
            tell(source, body.error().fields.empty() ? body.error().detail : body.error().fields[0].message);
            continue;
        }
        Key key{source.type, source.channel, source.language};
        auto entry = std::make_shared<const Entry>(Entry{source.version, std::move(*body)});
        book->entries_.emplace(std::move(key), std::move(entry));
    }
    return book;
}

std::shared_ptr<const TemplateBook> TemplateBook::load(db::Session& session) {
    // Before the templates: what changes in between is then loaded twice and never missed.
    const auto stamp = current_stamp(session);
    std::vector<Source> sources;
    for (const auto& row : session.exec(read_active))
        sources.push_back({row["type"].c_str(), row["channel"].c_str(), row["language"].c_str(),
                           row["version"].as<int>(), row["content"].c_str(),
                           Json::parse(row["options"].c_str())});
    return make(stamp, std::move(sources));
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
