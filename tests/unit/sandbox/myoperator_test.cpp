// MyOperator's API, and the sandbox's own routes, asked as clients ask them.
#include "sandbox/myoperator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/myoperator_message.hpp"
#include "support/unit_sandbox.hpp"

namespace carillon::test {
namespace {

using namespace std::chrono_literals;

struct MyOperatorTest : testing::Test {
    Response ask(const std::vector<std::pair<std::string, std::string>>& headers) {
        auto wanted = post_json("/chat/messages", to_text(template_to("9876543210")));
        wanted.headers.insert(wanted.headers.end(), headers.begin(), headers.end());
        return bench.router.ask(wanted);
    }
    void settings(const Json& body) {
        auto ask = post_json("/sandbox/settings", to_text(body));
        ask.method = Method::patch;
        ASSERT_EQ(bench.router.ask(ask).status, 200);
    }
    // The type of the last receipt.
    std::string last_receipt() { return bench.receipts().back().at("event_type"); }
    SandboxBench bench;
};

TEST_F(MyOperatorTest, TakesAMessage) {
    const auto answer = bench.whatsapp(template_to("9876543210"));

    EXPECT_EQ(answer.status, 200);
    const auto body = body_of(answer);
    EXPECT_EQ(body.at("status"), "success");
    EXPECT_EQ(body.at("code"), "200");
    EXPECT_EQ(body.at("data").at("message_id").get<std::string>().size(), 36U);
    const auto again = body_of(bench.whatsapp(template_to("9876543210")));
    EXPECT_EQ(again.at("data").at("conversation_id"), body.at("data").at("conversation_id"));
    EXPECT_NE(again.at("data").at("message_id"), body.at("data").at("message_id"));
}

TEST_F(MyOperatorTest, WantsItsHeadersToTheLetter) {
    const std::pair<std::string, std::string> company{"X-MYOP-COMPANY-ID", "c"};
    const auto authorised = [&](const char* value) { return ask({{"Authorization", value}, company}); };

    EXPECT_EQ(authorised("Bearer k").status, 200);
    EXPECT_EQ(ask({company}).status, 401);
    EXPECT_EQ(body_of(authorised("Basic k")), (Json{{"message", "Unauthorized"}}));
    EXPECT_EQ(authorised("bearer k").status, 403);
    EXPECT_THAT(authorised("bearer k").body, testing::HasSubstr("explicit deny"));
    const auto without = ask({{"Authorization", "Bearer k"}});
    EXPECT_EQ(without.status, 403);
    EXPECT_EQ(body_of(without).at("message"), "Invalid company ID!");
}

TEST_F(MyOperatorTest, KnowsItsAccountWhenToldToKnowIt) {
    settings({{"myoperator", {{"api_key", "key"}, {"company_id", "company"}}}});
    const auto with = [&](const char* key, const char* company) {
        return ask({{"Authorization", std::string{"Bearer "} + key}, {"X-MYOP-COMPANY-ID", company}}).status;
    };

    EXPECT_EQ(with("key", "company"), 200);
    EXPECT_EQ(with("other", "company"), 403);
    EXPECT_EQ(with("key", "other"), 403);
}

TEST_F(MyOperatorTest, TellsItsNumbers) {
    const auto ask = get("/chat/phonenumbers?limit=10&offset=0")
                         .with("Authorization", "Bearer k")
                         .with("X-MYOP-COMPANY-ID", "c");
    settings({{"myoperator", {{"phone_number_id", "777777"}, {"phone_number", "+91 11111 11111"}}}});

    const auto number = body_of(bench.router.ask(ask)).at("data").at("results").at(0);
    EXPECT_EQ(number.at("id"), "777777");
    EXPECT_EQ(number.at("display_phone_number"), "+91 11111 11111");
    EXPECT_EQ(bench.router.ask(get("/chat/phonenumbers")).status, 401);
}

TEST_F(MyOperatorTest, ReportsFreeTextOutsideTheWindowByReceiptOnly) {
    EXPECT_EQ(bench.whatsapp(text_to("9876543210")).status, 200);
    EXPECT_EQ(last_receipt(), "message.failed");
    EXPECT_EQ(bench.receipts().back().at("payload").at("errors").at(0).at("code"), 131047);

    bench.post("/sandbox/phones/919876543210/reply", {{"text", "Yes?"}});
    bench.whatsapp(text_to("9876543210"));
    EXPECT_EQ(last_receipt(), "message.delivered");

    bench.now += 24h;
    bench.whatsapp(text_to("9876543210"));
    EXPECT_EQ(last_receipt(), "message.failed");
    bench.whatsapp(template_to("9876543210"));
    EXPECT_EQ(last_receipt(), "message.delivered");
}

TEST_F(MyOperatorTest, FailsInItsOwnWords) {
    const auto code_for = [this](const char* number) {
        const auto body = body_of(bench.whatsapp(template_to(number)));
        return body.value("code", "none");
    };
    EXPECT_EQ(code_for("9876994001"), "CHAT_4001");
    EXPECT_EQ(code_for("9876990302"), "CHAT_0302");
    EXPECT_EQ(code_for("9876990303"), "CHAT_0303");
    EXPECT_EQ(code_for("9876990304"), "CHAT_0304");
    const auto null = bench.whatsapp(template_to("9876990500"));
    EXPECT_EQ(null.status, 500);
    EXPECT_EQ(null.body, R"({"message":null})");
}

TEST_F(MyOperatorTest, MayDoItAndSayNothing) {
    EXPECT_TRUE(bench.whatsapp(template_to("9876990001")).abort);

    EXPECT_EQ(last_receipt(), "message.delivered");
    const auto calls = bench.get_json("/sandbox/calls?myop_ref_id=dlv_1");
    EXPECT_EQ(calls.at("by_ref").at("dlv_1"), 1);
    EXPECT_EQ(calls.at("calls").at(0).at("fault"), "drop_after");
    EXPECT_EQ(bench.get_json("/sandbox/phones/919876990001").at("messages").size(), 1U);
}

TEST_F(MyOperatorTest, MayTakeItAndFailLater) {
    const Json fault{{"provider", "myoperator"},
                     {"fault", "receipt_failed"},
                     {"code", 131026},
                     {"match", {{"number", "43210"}}}};
    bench.post("/sandbox/faults", fault);

    EXPECT_EQ(bench.whatsapp(template_to("9876543210")).status, 200);
    EXPECT_EQ(bench.receipts().back().at("payload").at("errors").at(0).at("code"), 131026);
    EXPECT_NE(bench.get_json("/sandbox/phones/919876543210").at("messages").at(0).at("failed_at"), Json{});
}

TEST_F(MyOperatorTest, MisspellsWhenToldTo) {
    settings({{"myoperator", {{"misspelt_conversation_id", true}}}});

    EXPECT_TRUE(body_of(bench.whatsapp(template_to("9876543210"))).at("data").contains("conversaton_id"));
}

TEST_F(MyOperatorTest, StartsAfreshWhenReset) {
    settings({{"receipts", {{"mode", "none"}}}});
    bench.post("/sandbox/faults", {{"provider", "myoperator"}, {"fault", "wallet"}});
    bench.whatsapp(template_to("9876543210"));
    EXPECT_EQ(bench.post("/sandbox/reset", {}).status, 204);

    EXPECT_EQ(bench.get_json("/sandbox/faults").at("faults"), Json::array());
    EXPECT_EQ(bench.get_json("/sandbox/calls").at("count"), 0);
    EXPECT_EQ(bench.get_json("/sandbox/phones").at("whatsapp"), Json::array());
    EXPECT_EQ(bench.get_json("/sandbox/settings").at("receipts").at("mode"), "auto");
}

TEST_F(MyOperatorTest, SettingsAreTakenWholeOrNotAtAll) {
    auto ask = post_json("/sandbox/settings",
                         R"({"receipts":{"mode":"none","delay":1},"fcm":{"token_life_seconds":0}})");
    ask.method = Method::patch;
    const auto refused = bench.router.ask(ask);

    EXPECT_EQ(refused.status, 422);
    std::vector<std::string> fields;
    const auto told = body_of(refused);
    for (const auto& error : told.at("errors")) fields.push_back(error.at("field"));
    EXPECT_THAT(fields, testing::ElementsAre("fcm.token_life_seconds", "receipts.delay"));
    EXPECT_EQ(bench.get_json("/sandbox/settings").at("receipts").at("mode"), "auto");
}

TEST_F(MyOperatorTest, SecretsAreNotShown) {
    settings({{"myoperator", {{"api_key", "hush"}}}});
    const auto shown = to_text(bench.get_json("/sandbox/settings"));

    EXPECT_EQ(shown.find("hush"), shown.npos);
    EXPECT_EQ(shown.find("webhook-key"), shown.npos);
}

TEST_F(MyOperatorTest, WhatIsNotThereIsNotFound) {
    EXPECT_EQ(bench.router.ask(get("/sandbox/phones/nobody")).status, 404);
    EXPECT_EQ(bench.router.ask(get("/sandbox/faults/fault_9")).status, 404);
    EXPECT_EQ(bench.post("/sandbox/phones/nobody/reply", {{"text", "x"}}).status, 404);
    EXPECT_EQ(bench.post("/sandbox/phones/919876543210/reply", {{"text", ""}}).status, 422);
}

struct Wrong {
    const char* pointer;
    Json value;
    const char* field;
};

TEST(WhatsAppMessage, IsChecked) {
    const Wrong rows[] = {
        {"/phone_number_id", "+91 98", "phone_number_id"},
        {"/phone_number_id", 100200300400500, "phone_number_id"},
        {"/customer_country_code", "+91", "customer_country_code"},
        {"/customer_number", "98765 43210", "customer_number"},
        {"/customer_number", nullptr, "customer_number"},
        {"/myop_ref_id", 7, "myop_ref_id"},
        {"/reply_to", 7, "reply_to"},
        {"/waba_id", "w", "waba_id"},
        {"/trail", "x", "trail"},
        {"/data", nullptr, "data.type"},
        {"/data/type", "video", "data.type"},
        {"/data/language", "en", "data.language"},
        {"/data/context/template_name", "", "data.context.template_name"},
        {"/data/context/language", nullptr, "data.context.language"},
        {"/data/context/body", Json::array({"Asha"}), "data.context.body"},
        {"/data/context/body/1", "", "data.context.body.1"},
        {"/data/context/body/1", 5, "data.context.body.1"},
        {"/data/context/header", Json::object(), "data.context.header.media_url"},
        {"/data/context/buttons", Json::object(), "data.context.buttons"},
        {"/data/context/buttons", Json::array({Json::object()}), "data.context.buttons"},
    };
    for (const auto& row : rows) {
        auto body = template_to("9876543210");
        body[Json::json_pointer{row.pointer}] = row.value;
        const auto read = sandbox::read_whatsapp(to_text(body));
        const auto* errors = std::get_if<Json>(&read);
        ASSERT_NE(errors, nullptr) << row.pointer << row.value;
        EXPECT_TRUE(errors->contains(row.field)) << *errors;
    }
}

TEST(WhatsAppMessage, IsATemplateATextOrAnImage) {
    const auto type_of = [](const Json& data) {
        auto body = template_to("9876543210");
        body["data"] = data;
        const auto read = sandbox::read_whatsapp(to_text(body));
        const auto* message = std::get_if<sandbox::WhatsAppMessage>(&read);
        return message ? message->type : "refused";
    };
    EXPECT_EQ(type_of(template_to("1")["data"]), "template");
    EXPECT_EQ(type_of(text_to("1")["data"]), "text");
    EXPECT_EQ(type_of({{"type", "image"}, {"link", "https://e.com/i.jpg"}, {"caption", "c"}}), "image");
    EXPECT_EQ(type_of({{"type", "image"}, {"link", "http://e.com/i.jpg"}}), "refused");
    EXPECT_EQ(type_of({{"type", "image"}, {"link", "https://e.com/i.jpg"}, {"caption", 1}}), "refused");
    EXPECT_EQ(type_of({{"type", "text"}, {"context", {{"body", ""}}}}), "refused");
    EXPECT_EQ(type_of({{"type", "text"}, {"context", {{"body", std::string(4097, 'x')}}}}), "refused");
    EXPECT_EQ(type_of({{"type", "text"}, {"context", {{"body", "x"}, {"preview_url", "no"}}}}), "refused");
}

}  // namespace
}  // namespace carillon::test
