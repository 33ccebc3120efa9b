#include "notify/digest.hpp"

#include <map>
#include <unordered_map>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement close_statement{"digest_close", R"sql(
    DELETE FROM digests WHERE head_id = ANY($1::text[]) RETURNING head_id)sql"};

constexpr db::Statement read_members{"digest_members", R"sql(
    SELECT digest_of, message FROM notifications_log WHERE digest_of = ANY($1::text[]) AND status = 'queued' ORDER BY id)sql"};

constexpr db::Statement rewrite_head{"digest_rewrite", R"sql(
    UPDATE notifications_log SET message = $2, content = $3 WHERE id = $1)sql"};

constexpr std::size_t shown = 10;  // of the gathered texts; the rest is counted

Json context_of(const Message& head, const std::vector<std::string>& texts) {
    Json items = Json::array();
    items.push_back(head.text);
    for (const auto& text : texts) {
        if (items.size() == shown) break;
        items.push_back(text);
    }
    return {{"count", texts.size() + 1}, {"items", items}, {"type", head.type}};
}

}  // namespace

void close_digests(db::Session& session, std::vector<Claimed>& claimed, const TemplateBook& book) {
    std::vector<std::string> ids;
    for (const auto& each : claimed) ids.push_back(each.delivery.message.id.value());
    std::vector<std::string> heads;
    for (const auto& row : session.exec(close_statement, db::array_of(ids)))
        heads.emplace_back(row["head_id"].c_str());
    if (heads.empty()) return;
    std::unordered_map<std::string, std::vector<std::string>> texts;
    for (const auto& row : session.exec(read_members, db::array_of(heads)))
        texts[row["digest_of"].c_str()].push_back(text_or_empty(row["message"]));
    for (auto& each : claimed) {
        auto& message = each.delivery.message;
        const auto members = texts.find(message.id.value());
        if (members == texts.end()) continue;  // nobody joined: it speaks for itself
        auto rendered = book.render("digest", each.delivery.channel, message.language,
                                    context_of(message, members->second));
        if (rendered.has_error()) continue;  // better its own text than none
        message.text = std::move(rendered->text);
        message.content = std::move(rendered->content);
        session.exec(rewrite_head, message.id.value(), message.text, to_text(message.content));
    }
}

}  // namespace carillon::notify
