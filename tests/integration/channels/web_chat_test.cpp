#include "channels/web_chat.hpp"

#include <gmock/gmock.h>

#include <boost/asio/use_future.hpp>
#include <vector>

#include "support/database.hpp"
#include "support/loop.hpp"
#include "support/message.hpp"

namespace carillon::channels {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using test::a_message;

class WebChatTest : public testing::Test {
protected:
    WebChatTest() : database{settings()} { database.start(); }
    ~WebChatTest() override { database.stop(5s); }

    [[nodiscard]] db::Settings settings() const {
        db::Settings settings;
        settings.url = Secret{own.url()};
        settings.connections = 2;
        return settings;
    }
    std::string id_of(const Message& message) {
        return std::get<Accepted>(test::run_on_loop(io, chat.send(message)).verdict).provider_message_id;
    }

    test::TestDatabase own;
    db::Database database;
    WebChat chat{database};
    asio::io_context io;
};

TEST_F(WebChatTest, WritesARowOfTheConversation) {
    auto message = a_message();
    message.text = "Votre demande est \"reçue\", {merci} \\o/";

    const auto id = id_of(message);

    EXPECT_EQ(own.value("SELECT to_jsonb(c) - 'created_at' - 'id' FROM conversations c WHERE id = " + id),
              own.value(R"(SELECT jsonb_build_object('user_id', 'rahul', 'message_type', 'outgoing',
                  'message_content', '[SYSTEM_NOTIFICATION] Votre demande est "reçue", {merci} \o/',
                  'ai_response', 'Votre demande est "reçue", {merci} \o/', 'confidence_score', 1.00,
                  'action_code', 'SYSTEM_NOTIFICATION', 'conversation_state', 'NOTIFICATION_SENT',
                  'action_success', true, 'channel', 'web_chat', 'delivery_id', 'msg_0192f3', 'language', 'en',
                  'read_at', NULL, 'cleared_at', NULL))"));
}

TEST_F(WebChatTest, WritesADeliveryOnce) {
    const auto first = id_of(a_message());

    EXPECT_EQ(id_of(a_message()), first);
    EXPECT_EQ(own.value("SELECT count(*) FROM conversations"), "1");
}

TEST_F(WebChatTest, AnswersEveryoneInABatchWithTheirOwnRow) {
    const auto known = id_of(a_message());
    std::vector<Message> messages;
    for (int i = 0; i < 50; ++i) {
        messages.push_back(a_message());
        // Backwards, every fifth the one that is there already, and every seventh twice.
        if (i % 5 != 0)
            messages.back().id = DeliveryId{"msg_" + std::to_string(900 - i - (i % 7 == 1 ? 1 : 0))};
    }
    std::vector<std::future<Outcome>> sends;
    for (const auto& message : messages)
        sends.push_back(asio::co_spawn(io, chat.send(message), asio::use_future));

    for (std::size_t i = 0; i < sends.size(); ++i) {
        const auto id = std::get<Accepted>(test::finish_on_loop(io, sends[i]).verdict).provider_message_id;
        EXPECT_EQ(own.value("SELECT delivery_id FROM conversations WHERE id = " + id),
                  messages[i].id.value());
        EXPECT_EQ(id == known, i % 5 == 0);
    }
    EXPECT_EQ(
        own.value("SELECT bool_and(ordered) FROM (SELECT delivery_id >= lag(delivery_id) OVER (ORDER BY id) "
                  "AS ordered FROM conversations WHERE id > " +
                  known + ") o"),
        "t");
}

TEST_F(WebChatTest, KeepsNoLanguageWhereThereIsNone) {
    auto message = a_message();
    message.language.clear();

    EXPECT_EQ(own.value("SELECT language IS NULL FROM conversations WHERE id = " + id_of(message)), "t");
}

TEST_F(WebChatTest, NeedsAUser) {
    auto message = a_message();
    message.user = UserId{};

    const auto outcome = test::run_on_loop(io, chat.send(message));

    EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, Reason::no_address);
}

TEST_F(WebChatTest, TriesAgainWithoutBlameWhenTheDatabaseIsAway) {
    database.stop(1s);

    const auto outcome = test::run_on_loop(io, chat.send(a_message()));

    const auto& retry = std::get<Retry>(outcome.verdict);
    EXPECT_EQ(retry.reason, Reason::channel_failed);
    EXPECT_FALSE(retry.counts_against_provider);
    EXPECT_TRUE(retry.spends_attempt);
}

}  // namespace
}  // namespace carillon::channels
