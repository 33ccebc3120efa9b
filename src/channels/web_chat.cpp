#include "channels/web_chat.hpp"

#include <carillon/error.hpp>
#include <carillon/log.hpp>
#include <pqxx/pqxx>
#include <span>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

#include "channels/verdicts.hpp"

namespace carillon::channels {
namespace {

// In the order of the deliveries, which is that of their making: so the ids of the rows have it too, and two
// servers that write the same rows do not wait for each other in a circle.
constexpr db::Statement insert_rows{"web_chat_insert", R"sql(
    INSERT INTO conversations (user_id, message_type, message_content, ai_response, confidence_score,
                               action_code, conversation_state, action_success, channel, delivery_id, language)
    SELECT given.user_id, 'outgoing', '[SYSTEM_NOTIFICATION] ' || given.text, given.text, 1.0,
           'SYSTEM_NOTIFICATION', 'NOTIFICATION_SENT', true, 'web_chat', given.delivery_id,
           nullif(given.language, '')
      FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
           AS given (user_id, delivery_id, text, language)
     ORDER BY given.delivery_id COLLATE "C"
        ON CONFLICT (delivery_id) WHERE delivery_id IS NOT NULL DO NOTHING
    RETURNING id, delivery_id)sql"};

// A statement of its own: the one before it does not see what another transaction has written meanwhile.
constexpr db::Statement find_rows{"web_chat_find", R"sql(
    SELECT id, delivery_id FROM conversations WHERE delivery_id = ANY ($1::text[]))sql"};

using Ids = std::unordered_map<std::string, std::string>;

void take_ids(const pqxx::result& rows, Ids& ids) {
    for (const auto& row : rows)
        ids.emplace(row["delivery_id"].as<std::string>(), row["id"].as<std::string>());
}

std::vector<std::string> write(db::Session& session, std::span<const WebChat::Row> rows) {
    std::vector<std::string> users;
    std::vector<std::string> deliveries;
    std::vector<std::string> texts;
    std::vector<std::string> languages;
    for (const auto& row : rows) {
        users.push_back(row.user);
        deliveries.push_back(row.delivery);
        texts.push_back(row.text);
        languages.push_back(row.language);
    }
    Ids ids;
    take_ids(session.exec(insert_rows, db::array_of(users), db::array_of(deliveries), db::array_of(texts),
                          db::array_of(languages)),
             ids);
    if (ids.size() < rows.size()) take_ids(session.exec(find_rows, db::array_of(deliveries)), ids);
    std::vector<std::string> answers;
    answers.reserve(rows.size());
    for (const auto& delivery : deliveries) answers.push_back(ids.at(delivery));
    return answers;
}

}  // namespace

WebChat::WebChat(db::Database& database) : rows_{database, {db::BatchMode::transaction}, write} {}

boost::asio::awaitable<Outcome> WebChat::send(const Message& message) {
    if (message.user.empty()) co_return rejected(Reason::no_address);
    Row row{message.user.value(), message.id.value(), message.text, message.language};
    Outcome outcome;
    try {
        auto id = co_await rows_.submit(std::move(row));
        outcome.verdict = Accepted{std::move(id), {}};
    } catch (const Unavailable& away) {
        auto retry = failed(Reason::channel_failed);
        retry.counts_against_provider = false;  // the database looks after itself
        outcome.verdict = retry;
        outcome.answer["code"] = away.code();
    }
    co_return std::move(outcome);
}

}  // namespace carillon::channels
