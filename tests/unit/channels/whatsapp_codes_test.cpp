#include "channels/whatsapp_codes.hpp"

#include <gtest/gtest.h>

namespace carillon::channels {
namespace {

WhatsAppAnswer read(int status, std::string body) {
    outbound::Reply reply;
    reply.status = status;
    reply.body = std::move(body);
    return read_whatsapp_answer(reply);
}

TEST(WhatsAppAnswer, NamesTheMessageThatWasTaken) {
    const auto answer = read(200, R"({"status": "success", "code": "200", "message": "Accepted",
        "data": {"conversation_id": "c-1", "message_id": "m-1"}})");

    EXPECT_EQ(answer.message_id, "m-1");
    EXPECT_EQ(answer.conversation_id, "c-1");
    EXPECT_FALSE(answer.ruling) << "200 is no code of Meta's up there";
}

TEST(WhatsAppAnswer, RulesNothingOnWhatWasTaken) {
    for (const auto* errors : {"{}", R"({"code": ""})", R"({"code": null})", "[]", "[{}]", "null", R"("")",
                               R"({"error": {}})", R"([{"code": 131026}])"}) {
        const auto body = std::string{R"({"status":"success","code":"200","errors":)"} + errors +
                          R"(,"data":{"message_id":"x"}})";
        const auto answer = read(200, body);
        EXPECT_EQ(answer.message_id, "x") << body;
        EXPECT_FALSE(answer.ruling) << body;
    }
}

TEST(WhatsAppAnswer, ReadsTheMisspeltConversation) {
    const auto answer =
        read(200, R"({"status": "success", "data": {"conversaton_id": "c-1", "message_id": "m-1"}})");

    EXPECT_EQ(answer.conversation_id, "c-1");
}

TEST(WhatsAppAnswer, NamesNoneForAnythingElse) {
    for (const auto* body :
         {"", "<html>", "[]", "{}", R"({"status": "success"})", R"({"status": "success", "data": []})",
          R"({"status": "success", "data": {"message_id": null}})",
          R"({"status": "error", "data": {"message_id": "m-1"}})"})
        EXPECT_EQ(read(200, body).message_id, "") << body;
    EXPECT_EQ(read(500, R"({"status": "success", "data": {"message_id": "m-1"}})").message_id, "");
}

TEST(WhatsAppAnswer, FindsTheCodeWhereverItStands) {
    struct Row {
        const char* body;
        const char* code;
        std::optional<Reason> reason;
    };
    for (const auto& [body, code, reason] :
         {Row{R"({"status": "error", "code": "CHAT_4001", "message": "low"})", "CHAT_4001",
              Reason::wallet_empty},
          Row{R"({"code": "400", "errors": {"code": "CHAT_0303"}})", "CHAT_0303", Reason::number_disabled},
          Row{R"({"error": {"message": "(#131047) Re-engage", "code": 131047}})", "131047",
              Reason::needs_template},
          Row{R"({"code": "400", "errors": [{"code": 190}]})", "190", Reason::credentials_refused},
          Row{R"({"errors": {"error": {"code": "131056"}}})", "131056", Reason::pair_limited},
          Row{R"({"code": 131026})", "131026", Reason::recipient_unreachable},
          Row{R"({"code": "200", "message": "odd"})", "200", std::nullopt},
          Row{R"({"code": "200", "errors": {}})", "200", std::nullopt},
          Row{R"({"code": "200", "errors": {"code": ""}})", "200", std::nullopt},
          Row{R"({"code": "131026", "errors": {}})", "131026", Reason::recipient_unreachable},
          Row{R"({"code": "CHAT_9999"})", "CHAT_9999", std::nullopt},
          Row{R"({"errors": "a text"})", "", std::nullopt},
          Row{R"({"errors": [{"field": "data"}], "code": "400"})", "400", std::nullopt}}) {
        const auto answer = read(400, body);
        EXPECT_EQ(answer.code, code) << body;
        ASSERT_EQ(answer.ruling.has_value(), reason.has_value()) << body;
        if (!reason) continue;
        EXPECT_EQ(answer.ruling->reason, *reason) << body;
    }
}

TEST(WhatsAppAnswer, TellsTheNullOfAnAccountThatIsNotSetUp) {
    EXPECT_TRUE(read(500, R"({"message": null})").says_null);
    EXPECT_FALSE(read(500, R"({"message": "null"})").says_null);
    EXPECT_FALSE(read(500, "{}").says_null);
    EXPECT_FALSE(read(500, "").says_null);
}

TEST(WhatsAppRuling, KnowsMyOperatorsCodes) {
    struct Row {
        const char* code;
        Reason reason;
    };
    for (const auto& [code, reason] :
         {Row{"CHAT_4001", Reason::wallet_empty}, Row{"CHAT_0302", Reason::account_blocked},
          Row{"CHAT_0303", Reason::number_disabled}, Row{"CHAT_0304", Reason::number_disabled}}) {
        const auto ruling = ruling_of_myoperator(code).value();
        EXPECT_EQ(ruling.action, Action::pause_channel) << code;
        EXPECT_EQ(ruling.reason, reason) << code;
        EXPECT_EQ(ruling.after, pause_time);
    }
}

TEST(WhatsAppRuling, KnowsMetasCodesByTheirClass) {
    struct Row {
        Action action;
        std::vector<int> codes;
    };
    for (const auto& [action, codes] :
         {Row{Action::retry, {1, 2, 4, 80007, 130429, 131056, 131000, 131016, 131057, 133016}},
          Row{Action::pause_channel,
              {131048, 131042, 131064, 0, 190, 3, 10, 200, 250, 299, 131005, 131031, 368, 131037, 131045}},
          Row{Action::needs_template, {131047}}, Row{Action::stop_recipient, {131050}},
          Row{Action::reject, {131049, 131026, 131021, 131030, 130472, 130497, 100,    33,     131008,
                               131009, 131051, 131052, 131053, 132000, 132001, 132005, 132007, 132012,
                               132015, 132016, 132068, 132069, 137000, 131062, 131063}}}) {
        for (const int code : codes) {
            const auto ruling = ruling_of_meta(code);
            ASSERT_TRUE(ruling) << code;
            EXPECT_EQ(ruling->action, action) << code;
            EXPECT_EQ(ruling->after, action == Action::pause_channel ? pause_time : std::chrono::seconds{0})
                << code;
        }
    }
    for (const int code : {-1, 5, 199, 300, 131001, 131055, 999999})
        EXPECT_FALSE(ruling_of_meta(code)) << code;
}

TEST(WhatsAppRuling, LeavesOpenWhatAStatusDoesNotSay) {
    EXPECT_EQ(ruling_of_status(429)->reason, Reason::rate_limited);
    EXPECT_EQ(ruling_of_status(401)->action, Action::pause_channel);
    EXPECT_EQ(ruling_of_status(403)->action, Action::pause_channel);
    for (const int status : {400, 406, 409, 415, 422, 499})
        EXPECT_EQ(ruling_of_status(status)->action, Action::reject) << status;
    for (const int status : {200, 302, 408, 500, 502, 503, 504})
        EXPECT_FALSE(ruling_of_status(status)) << status;
}

TEST(WhatsAppRuling, BlamesOurAddressForNothingFoundUnlessACodeSaysOtherwise) {
    for (const int status : {404, 405}) {
        for (const auto* body : {"", "<html>", "{}", R"({"code": "404", "message": "Not Found"})"}) {
            const auto ruling = ruling_of(read(status, body)).value();
            EXPECT_EQ(ruling.action, Action::pause_channel) << status << body;
            EXPECT_EQ(ruling.reason, Reason::bad_answer) << status << body;
            EXPECT_EQ(ruling.after, pause_time) << status << body;
        }
        EXPECT_EQ(ruling_of(read(status, R"({"error": {"code": 131026}})"))->reason,
                  Reason::recipient_unreachable);
        EXPECT_EQ(ruling_of(read(status, R"({"code": "CHAT_9999"})"))->action, Action::reject);
    }
}

}  // namespace
}  // namespace carillon::channels
