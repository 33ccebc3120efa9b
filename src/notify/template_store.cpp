#include "notify/template_store.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement list_templates{"templates_list", R"sql(
    SELECT type, channel, language, version, content, options, active, category, updated_by,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM notification_templates
     WHERE (type, channel, language) > ($1, $2, $3)
     ORDER BY type, channel, language
     LIMIT $4)sql"};

constexpr db::Statement find_templates{"templates_find", R"sql(
    SELECT type, channel, language, version, content, options, active, category, updated_by,
           (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us
      FROM notification_templates
     WHERE type = $1
     ORDER BY channel, language)sql"};

// First of all: whoever else changes a template waits here, so that versions are counted without a gap.
constexpr db::Statement raise_stamp{"templates_raise_stamp", "UPDATE template_stamp SET stamp = stamp + 1"};

constexpr db::Statement put_template{"templates_put", R"sql(
    INSERT INTO notification_templates AS t
           (type, channel, language, version, content, options, active, category, updated_by)
    VALUES ($1, $2, $3, 1, $4, COALESCE($5::jsonb, '{}'), COALESCE($6::boolean, true),
            COALESCE($7, 'notification'), $8)
        ON CONFLICT (type, channel, language) DO UPDATE
       SET version = t.version + 1,
           content = EXCLUDED.content,
           options = COALESCE($5::jsonb, t.options),
           active = COALESCE($6::boolean, t.active),
           category = COALESCE($7, t.category),
           updated_at = now(),
           updated_by = EXCLUDED.updated_by
    RETURNING type, channel, language, version, content, options, active, category, updated_by,
              (extract(epoch FROM updated_at) * 1000000)::bigint AS updated_us)sql"};

constexpr db::Statement keep_version{"templates_keep_version", R"sql(
    INSERT INTO notification_template_versions (type, channel, language, version, content, options, created_by)
    SELECT type, channel, language, version, content, options, updated_by
      FROM notification_templates
     WHERE type = $1 AND channel = $2 AND language = $3)sql"};

constexpr db::Statement list_versions{"templates_versions", R"sql(
    SELECT channel, language, version, content, options, created_by,
           (extract(epoch FROM created_at) * 1000000)::bigint AS created_us
      FROM notification_template_versions
     WHERE type = $1 AND channel = $2 AND language = $3 AND version < $4
     ORDER BY version DESC
     LIMIT $5)sql"};

StoredTemplate template_of(const pqxx::row& row) {
    StoredTemplate stored;
    stored.type = row["type"].c_str();
    stored.channel = row["channel"].c_str();
    stored.language = row["language"].c_str();
    stored.version = row["version"].as<int>();
    stored.content = row["content"].c_str();
    stored.options = Json::parse(row["options"].c_str());
    stored.active = row["active"].as<bool>();
    stored.category = row["category"].c_str();
    stored.updated_at = time_of(row["updated_us"]);
    stored.updated_by = row["updated_by"].c_str();
    return stored;
}

TemplateVersion version_of(const pqxx::row& row) {
    TemplateVersion version;
    version.channel = row["channel"].c_str();
    version.language = row["language"].c_str();
    version.version = row["version"].as<int>();
    version.content = row["content"].c_str();
    version.options = Json::parse(row["options"].c_str());
    version.created_at = time_of(row["created_us"]);
    version.created_by = row["created_by"].c_str();
    return version;
}

std::vector<StoredTemplate> templates_of(const pqxx::result& rows) {
    std::vector<StoredTemplate> all;
    for (const auto& row : rows) all.push_back(template_of(row));
    return all;
}

std::vector<StoredTemplate> select(db::Session& session, const std::string& type) {
    return templates_of(session.exec(find_templates, type));
}

Error no_such_template() {
    return {Failure::not_found, "template_missing", "There is no such template."};
}

Error channel_must_be_named(const std::vector<StoredTemplate>& all) {
    std::set<std::string> channels;
    for (const auto& each : all) channels.insert(each.channel);
    std::string message = "must be named; there are";
    for (const auto& channel : channels) message.append(message.back() == 'e' ? " " : ", ").append(channel);
    return {Failure::invalid, "This type has a template for several channels.", {{"channel", message}}};
}

Result<TemplatePut> store(db::Session& session, TemplateChange& change) {
    session.exec(raise_stamp);
    const auto before = select(session, change.type);
    if (!change.channel) change.channel = default_channel(before);
    if (!change.channel) return channel_must_be_named(before);

    const auto options = change.options ? std::optional{to_text(*change.options)} : std::nullopt;
    const auto row = session.exec(put_template, change.type, *change.channel, change.language, change.content,
                                  options, change.active, change.category, change.by.value())[0];
    TemplatePut put{template_of(row), false};
    put.created = put.stored.version == 1;
    session.exec(keep_version, change.type, *change.channel, change.language);
    return put;
}

// The text that is looked at: the given one, or the stored one with the parts that were given in its place.
Result<Preview> look(const std::vector<StoredTemplate>& all, PreviewRequest& wish) {
    Preview preview;
    preview.channel = wish.choice.channel.value_or("whatsapp");
    preview.language = wish.choice.language.value_or("en");
    const auto chosen = choose(all, wish.choice);
    if (chosen.has_error() && !wish.content) return chosen.error();
    const bool stored = chosen.has_value() && (!wish.content || !wish.options);
    if (chosen.has_value()) preview.channel = chosen->channel;
    if (stored && !wish.content) preview.language = chosen->language;
    if (stored) preview.version = chosen->version;

    const auto& content = wish.content ? *wish.content : chosen->content;
    auto options = wish.options ? *wish.options : stored ? chosen->options : Json::object();
    const auto parsed = MessageTemplate::parse(content, std::move(options));
    if (parsed.has_error()) return parsed.error();
    auto output = parsed->render(wish.context, preview.language);
    if (output.has_error()) return output.error();
    preview.output = std::move(*output);
    preview.variables = parsed->variables();
    return preview;
}

}  // namespace

TemplateStore::TemplateStore(db::Database& database) : database_{database} {}

asio::awaitable<std::vector<StoredTemplate>> TemplateStore::list(Place after, int limit) {
    auto read = [&after, limit](db::Session& session) {
        return templates_of(session.exec(list_templates, after.type, after.channel, after.language, limit));
    };
    co_return co_await database_.read(std::move(read));
}

asio::awaitable<std::vector<StoredTemplate>> TemplateStore::find(std::string type) {
    auto read = [&type](db::Session& session) { return select(session, type); };
    auto all = co_await database_.read(std::move(read));
    const auto meant = choose(all, TemplateChoice{});
    const auto is_meant = [&meant](const StoredTemplate& each) {
        return meant.has_value() && each.channel == meant->channel && each.language == meant->language;
    };
    std::stable_partition(all.begin(), all.end(), is_meant);
    co_return all;
}

asio::awaitable<Result<TemplatePut>> TemplateStore::put(TemplateChange change) {
    // Outside the transaction: a text that cannot be read should not make others wait for the stamp.
    const auto parsed = MessageTemplate::parse(change.content, change.options.value_or(Json::object()));
    if (parsed.has_error()) co_return parsed.error();
    auto write = [&change](db::Session& session) {
        auto wish = change;  // the job may run more than once
        return store(session, wish);
    };
    co_return co_await database_.transact(std::move(write));
}

asio::awaitable<Result<std::vector<TemplateVersion>>> TemplateStore::versions(TemplateChoice choice,
                                                                              int below, int limit) {
    using Versions = std::vector<TemplateVersion>;
    auto read = [&choice, below, limit](db::Session& session) -> Result<Versions> {
        const auto chosen = choose(select(session, choice.type), choice);
        if (chosen.has_error()) return chosen.error();
        // Here a language does not stand in for another.
        if (choice.language && chosen->language != *choice.language) return no_such_template();
        Versions versions;
        for (const auto& row :
             session.exec(list_versions, chosen->type, chosen->channel, chosen->language, below, limit))
            versions.push_back(version_of(row));
        return versions;
    };
    co_return co_await database_.read(std::move(read));
}

asio::awaitable<Result<TemplateVersion>> TemplateStore::version(TemplateChoice choice, int version) {
    auto found = co_await versions(std::move(choice), version + 1, 1);
    if (found.has_error()) co_return found.error();
    if (found->empty() || found->front().version != version)
        co_return Error{Failure::not_found, "There is no such version of this template."};
    co_return std::move(found->front());
}

asio::awaitable<Result<Preview>> TemplateStore::preview(PreviewRequest wish) {
    auto read = [&wish](db::Session& session) {
        auto given = wish;
        return look(select(session, wish.choice.type), given);
    };
    co_return co_await database_.read(std::move(read));
}

std::optional<std::string> default_channel(const std::vector<StoredTemplate>& all) {
    const auto has = [&all](std::string_view channel) {
        return std::any_of(all.begin(), all.end(),
                           [channel](const StoredTemplate& each) { return each.channel == channel; });
    };
    if (all.empty() || has("whatsapp")) return "whatsapp";
    const auto& first = all.front().channel;
    const auto is_other = [&first](const StoredTemplate& each) { return each.channel != first; };
    return std::any_of(all.begin(), all.end(), is_other) ? std::nullopt : std::optional{first};
}

Result<StoredTemplate> choose(const std::vector<StoredTemplate>& all, const TemplateChoice& choice) {
    if (all.empty()) return no_such_template();
    auto channel = choice.channel ? choice.channel : default_channel(all);
    // Who only looks is shown something all the same.
    if (!channel) channel = all.front().channel;
    const StoredTemplate* any = nullptr;
    const auto wanted = choice.language.value_or("en");
    for (const auto language : language_choices(wanted))
        for (const auto& each : all) {
            if (each.channel != *channel) continue;
            if (each.language == language) return each;
            if (!any) any = &each;
        }
    if (any && !choice.language) return *any;
    return no_such_template();
}

}  // namespace carillon::notify
