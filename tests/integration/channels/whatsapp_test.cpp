#include "channels/whatsapp.hpp"

#include <gmock/gmock.h>

#include <boost/asio/use_future.hpp>
#include <vector>

#include "integration/channels/bench.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;
using test::a_message;
using testing::IsEmpty;

constexpr auto null_answer = R"({"message": null})";
constexpr auto our_numbers =
    R"({"data": {"results": [{"id": "555", "display_phone_number": "+91 80000 00001"}]}})";

std::string meta(int code) {
    return to_text(Json{{"error", {{"code", code}, {"message", "(#" + std::to_string(code) + ")"}}}});
}

class WhatsAppTest : public testing::Test {
protected:
    WhatsAppTest() { start(bench.whatsapp_settings()); }
    void start(WhatsAppSettings settings) {
        whatsapp.emplace(bench.client, std::move(settings), bench.clock());
    }
    // With a number instead of its id.
    void start_with_number() {
        auto settings = bench.whatsapp_settings();
        settings.phone_number_id.clear();
        settings.phone_number = "+918000000001";
        start(std::move(settings));
    }
    Outcome send(const Message& message) { return bench.run(whatsapp->send(message)); }
    Outcome send() { return send(a_message()); }
    static Message with_template() {
        auto message = a_message();
        message.content = Json{{"template", {{"name", "new_lead"}, {"parameters", {{{"text", "Priya"}}}}}}};
        return message;
    }
    test::Imposter::Script answers() { return bench.imposter.when(whatsapp_path); }
    std::vector<test::Imposter::Request> calls() { return bench.imposter.requests(whatsapp_path); }

    Bench bench;
    std::optional<WhatsApp> whatsapp;
};

TEST_F(WhatsAppTest, SendsFreeTextInsideTheWindow) {
    answers().reply(200, whatsapp_success("m-1"));

    const auto outcome = send(with_template());

    EXPECT_EQ(std::get<Accepted>(outcome.verdict).provider_message_id, "m-1");
    EXPECT_EQ(std::get<Accepted>(outcome.verdict).conversation_id, "c-1");
    EXPECT_EQ(outcome.answer, Json::parse(R"({"status": 200, "code": "200", "message": "Accepted"})"));
    const auto call = calls().at(0);
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.header("authorization"), std::string{"Bearer "} + api_key);
    EXPECT_EQ(call.header("x-myop-company-id"), "company-1");
    EXPECT_EQ(call.header("content-type"), "application/json");
    EXPECT_EQ(call.json()["phone_number_id"], "1090");
    EXPECT_EQ(call.json()["data"]["type"], "text");
    EXPECT_EQ(call.json()["myop_ref_id"], "msg_0192f3");
}

TEST_F(WhatsAppTest, SendsTheTemplateOutsideTheWindow) {
    answers().reply(200, whatsapp_success("m-1"));
    auto message = with_template();
    message.window_open_till = bench.now;

    EXPECT_TRUE(std::holds_alternative<Accepted>(send(message).verdict));

    EXPECT_EQ(calls().at(0).json()["data"], Json::parse(R"({"type": "template",
        "context": {"template_name": "new_lead", "language": "en", "body": {"1": "Priya"}}})"));
}

TEST_F(WhatsAppTest, SendsNothingItMayNotOrCannot) {
    struct Row {
        Reason reason;
        std::function<void(Message&)> spoil;
    };
    for (const auto& [reason, spoil] :
         {Row{Reason::needs_template, [](Message& message) { message.window_open_till.reset(); }},
          Row{Reason::no_address, [](Message& message) { message.phone.clear(); }},
          Row{Reason::recipient_unreachable, [](Message& message) { message.phone = "+21012345678"; }},
          Row{Reason::payload_too_large, [](Message& message) { message.text = std::string(4'097, 'x'); }}}) {
        auto message = a_message();
        spoil(message);
        const auto outcome = send(message);
        ASSERT_TRUE(std::holds_alternative<Reject>(outcome.verdict)) << name_of(reason);
        EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, reason);
    }
    EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(WhatsAppTest, RestsWhenTheAccountNeedsSomebody) {
    struct Row {
        int status;
        std::string body;
        Reason reason;
    };
    for (const auto& [status, body, reason] :
         {Row{400, R"({"status": "error", "code": "CHAT_4001"})", Reason::wallet_empty},
          Row{500, R"({"status": "error", "code": "CHAT_0303"})", Reason::number_disabled},
          Row{200, R"({"status": "error", "code": "CHAT_0302"})", Reason::account_blocked},
          Row{400, meta(131048), Reason::account_blocked},
          Row{404, "<html>Not found</html>", Reason::bad_answer},
          Row{401, R"({"message": "Unauthorized"})", Reason::credentials_refused}}) {
        answers().reply(status, body);
        const auto outcome = send();
        ASSERT_TRUE(std::holds_alternative<Retry>(outcome.verdict)) << body;
        EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, reason) << body;
        EXPECT_FALSE(std::get<Retry>(outcome.verdict).spends_attempt) << body;
        EXPECT_EQ(outcome.pause, 300s) << body;
    }
}

TEST_F(WhatsAppTest, RejectsWhatMetaWillNeverTake) {
    struct Row {
        int code;
        Reason reason;
    };
    for (const auto& [code, reason] :
         {Row{131026, Reason::recipient_unreachable}, Row{131050, Reason::recipient_stopped},
          Row{131049, Reason::marketing_limited}, Row{132000, Reason::invalid_request},
          Row{131047, Reason::needs_template}}) {
        answers().reply(400, meta(code));
        const auto outcome = send();
        ASSERT_TRUE(std::holds_alternative<Reject>(outcome.verdict)) << code;
        EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, reason) << code;
        EXPECT_EQ(outcome.answer["code"], std::to_string(code));
    }
}

TEST_F(WhatsAppTest, FallsBackToItsTemplateWhenTheWindowHasClosed) {
    answers().reply(400, meta(131047)).reply(200, whatsapp_success("m-1"));
    auto message = with_template();

    const auto first = send(message);
    EXPECT_EQ(std::get<Retry>(first.verdict).reason, Reason::needs_template);
    EXPECT_EQ(std::get<Retry>(first.verdict).after, 0ms);
    message.progress = first.progress;

    EXPECT_TRUE(std::holds_alternative<Accepted>(send(message).verdict));
    EXPECT_EQ(calls().at(1).json()["data"]["type"], "template");
}

TEST_F(WhatsAppTest, BacksOffFromAPairAsMetaAsks) {
    answers().reply(400, meta(131056));
    auto message = a_message();
    for (const auto& wait : {1s, 4s, 16s, 64s, 256s, 1024s, 4096s, 4096s}) {
        const auto outcome = send(message);
        const auto& retry = std::get<Retry>(outcome.verdict);
        EXPECT_EQ(retry.reason, Reason::pair_limited);
        EXPECT_EQ(retry.after, wait);
        EXPECT_FALSE(retry.spends_attempt);
        EXPECT_FALSE(retry.counts_against_provider);
        message.progress = outcome.progress;
    }
}

TEST_F(WhatsAppTest, RestsAtTheThirdNullInARow) {
    answers().reply(500, null_answer);
    for (int i = 0; i < 2; ++i) {
        const auto outcome = send();
        EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, Reason::provider_error);
        EXPECT_TRUE(std::get<Retry>(outcome.verdict).spends_attempt);
        EXPECT_FALSE(outcome.pause);
    }

    EXPECT_EQ(send().pause, 300s);
    EXPECT_EQ(send().pause, 300s) << "and every time until something else is said";
}

TEST_F(WhatsAppTest, CountsNullsOnlyInARow) {
    answers()
        .reply(500, null_answer)
        .reply(500, null_answer)
        .reply(200, whatsapp_success("m"))
        .reply(500, null_answer);

    for (int i = 0; i < 5; ++i) EXPECT_FALSE(send().pause) << i;
    EXPECT_TRUE(send().pause);
}

TEST_F(WhatsAppTest, TakesARefusalInsideASuccessForOne) {
    answers().reply(200, R"({"status": "failed", "message": "Invalid template"})");

    EXPECT_EQ(std::get<Reject>(send().verdict).reason, Reason::invalid_request);
}

TEST_F(WhatsAppTest, TakesEmptyErrorsInASuccessForNone) {
    answers().reply(200,
                    R"({"status": "success", "code": "200", "errors": {}, "data": {"message_id": "m-1"}})");

    EXPECT_EQ(std::get<Accepted>(send().verdict).provider_message_id, "m-1");
}

TEST_F(WhatsAppTest, LooksItsNumberUpOnce) {
    start_with_number();
    bench.imposter.when(numbers_path).reply(200, our_numbers);
    answers().reply(200, whatsapp_success("m-1"));

    std::vector<std::future<Outcome>> sends;
    const auto message = a_message();
    for (int i = 0; i < 5; ++i)
        sends.push_back(asio::co_spawn(bench.io, whatsapp->send(message), asio::use_future));
    for (auto& one : sends)
        EXPECT_TRUE(std::holds_alternative<Accepted>(test::finish_on_loop(bench.io, one).verdict));
    send();

    const auto lookups = bench.imposter.requests(numbers_path);
    ASSERT_EQ(lookups.size(), 1U);
    EXPECT_EQ(lookups[0].method, "GET");
    EXPECT_EQ(lookups[0].header("authorization"), std::string{"Bearer "} + api_key);
    for (const auto& call : calls()) EXPECT_EQ(call.json()["phone_number_id"], "555");
}

TEST_F(WhatsAppTest, SendsNothingWithoutItsNumber) {
    struct Row {
        int status;
        std::string body;
        Reason reason;
        bool pauses;
    };
    for (const auto& [status, body, reason, pauses] :
         {Row{200, R"({"data": {"results": []}})", Reason::number_disabled, true},
          Row{403, R"({"message": "Invalid company ID!"})", Reason::credentials_refused, true},
          Row{200, "<html>", Reason::bad_answer, false}, Row{500, "", Reason::provider_error, false},
          Row{429, "", Reason::rate_limited, false}}) {
        start_with_number();
        bench.imposter.when(numbers_path).reply(status, body);
        const auto outcome = send();
        ASSERT_TRUE(std::holds_alternative<Retry>(outcome.verdict)) << status << body;
        EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, reason) << status << body;
        EXPECT_EQ(outcome.pause.has_value(), pauses) << status << body;
        EXPECT_EQ(outcome.answer["from"], "phonenumbers");
    }
    EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(WhatsAppTest, LooksAgainAfterAFailedLookUp) {
    start_with_number();
    bench.imposter.when(numbers_path).hangs_up().reply(200, our_numbers);
    answers().reply(200, whatsapp_success("m-1"));

    EXPECT_EQ(std::get<Retry>(send().verdict).reason, Reason::answer_lost);
    EXPECT_TRUE(std::holds_alternative<Accepted>(send().verdict));
}

TEST_F(WhatsAppTest, LimitsHowOftenOnePersonIsWrittenTo) {
    const auto message = a_message();
    for (int i = 0; i < 45; ++i) EXPECT_EQ(whatsapp->wait_for_turn(message), 0ms);
    EXPECT_EQ(whatsapp->wait_for_turn(message), 270s);

    auto other = message;
    other.phone = "+919000000000";
    EXPECT_EQ(whatsapp->wait_for_turn(other), 0ms);
}

TEST_F(WhatsAppTest, IsDisabledWithoutCredentials) {
    struct Row {
        const char* why;
        std::function<void(WhatsAppSettings&)> spoil;
    };
    for (const auto& [why, spoil] :
         {Row{"no MyOperator API key", [](auto& settings) { settings.api_key = Secret{}; }},
          Row{"no MyOperator account id", [](auto& settings) { settings.company_id.clear(); }},
          Row{"no MyOperator phone number", [](auto& settings) { settings.phone_number_id.clear(); }}}) {
        auto settings = bench.whatsapp_settings();
        spoil(settings);
        start(settings);
        EXPECT_EQ(whatsapp->disabled(), why);
        EXPECT_EQ(std::get<Reject>(send().verdict).reason, Reason::channel_disabled);
    }
}

}  // namespace
}  // namespace carillon::channels
