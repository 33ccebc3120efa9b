#include "channels/whatsapp_payload.hpp"

#include <gtest/gtest.h>

#include "support/message.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;
using test::a_message;

const Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();

TEST(WhatsAppPayload, WritesFreeText) {
    const auto message = a_message();
    const WhatsAppSender sender{"1090", "2101"};

    const auto body = whatsapp_body(sender, *split_number(message.phone), message.id, text_data(message));

    EXPECT_EQ(Json::parse(body), Json::parse(R"({"phone_number_id": "1090", "customer_country_code": "91",
        "customer_number": "9876543210", "reply_to": null, "myop_ref_id": "msg_0192f3", "waba_id": "2101",
        "data": {"type": "text", "context": {"body": "Priya asks about the corner flat.", "preview_url": false}}})"));
}

TEST(WhatsAppPayload, LeavesOutTheAccountThatIsNotKnown) {
    const auto message = a_message();
    const WhatsAppSender sender{"1090", ""};

    const auto body = whatsapp_body(sender, *split_number(message.phone), message.id, text_data(message));

    EXPECT_FALSE(Json::parse(body).contains("waba_id"));
}

TEST(WhatsAppPayload, FillsATemplateByPlaceOrByName) {
    auto message = a_message();
    message.content = Json::parse(R"({"template": {"name": "order_confirmation", "language": "en_US",
        "parameters": [{"text": "Priya"}, {"name": "total", "text": "₹500"}, {"text": "tomorrow"}]}})");

    EXPECT_EQ(template_data(message), Json::parse(R"({"type": "template", "context": {
        "template_name": "order_confirmation", "language": "en_US",
        "body": {"1": "Priya", "total": "₹500", "3": "tomorrow"}}})"));
}

TEST(WhatsAppPayload, PutsParametersOnOneLine) {
    auto message = a_message();
    message.content = Json::parse(R"({"template": {"name": "t", "parameters": [{"text": "a\r\n\n b\t c"},
        {"text": "  two     words "}, {"text": "\n"}, {"text": ""}, {"text": "é\u00a0è"}]}})");

    EXPECT_EQ(template_data(message)["context"]["body"],
              Json::parse(R"({"1": "a b c", "2": " two words ", "3": " ", "4": "", "5": "é\u00a0è"})"));
}

TEST(WhatsAppPayload, TakesTheMessagesLanguageWhereTheTemplateNamesNone) {
    auto message = a_message();
    message.content = Json{{"template", {{"name", "hello"}}}};
    message.language = "fr";

    EXPECT_EQ(
        template_data(message),
        Json::parse(R"({"type": "template", "context": {"template_name": "hello", "language": "fr"}})"));
    message.language.clear();
    EXPECT_EQ(template_data(message)["context"]["language"], "en");
}

TEST(WhatsAppPayload, KnowsWhenFreeTextIsAllowed) {
    auto message = a_message();
    message.window_open_till = now + 1s;
    EXPECT_TRUE(may_send_text(message, now));
    message.window_open_till = now;
    EXPECT_FALSE(may_send_text(message, now));
    message.window_open_till.reset();
    EXPECT_FALSE(may_send_text(message, now));
}

TEST(WhatsAppPayload, NeedsATemplateWithAName) {
    auto message = a_message();
    for (const auto* content : {"{}", R"({"template": null})", R"({"template": {}})",
                                R"({"template": {"name": ""}})", R"({"template": "hello"})"}) {
        message.content = Json::parse(content);
        EXPECT_FALSE(has_template(message)) << content;
    }
    message.content = Json::parse(R"({"template": {"name": "hello"}})");
    EXPECT_TRUE(has_template(message));
}

TEST(WhatsAppPayload, CountsCharactersAndNotBytes) {
    auto message = a_message();
    message.text.clear();
    for (int i = 0; i < 4096; ++i) message.text += "é";
    EXPECT_FALSE(too_long_as_text(message));
    message.text += "x";
    EXPECT_TRUE(too_long_as_text(message));
}

TEST(WhatsAppPayload, FindsOurNumberAmongTheAccounts) {
    constexpr auto number = "+91 98765-43210";
    for (const auto* answer :
         {R"({"data": {"results": [{"id": "1", "display_phone_number": "+91 11111 11111"},
                                                       {"id": "2", "display_phone_number": "+91 98765 43210"}]}})",
          R"({"data": [{"phone_number_id": "2", "number": "919876543210", "id": "9"}]})",
          R"([{"id": 2, "phone": "919876543210"}])",
          R"({"data": {"results": [{"waba": {"id": "7"}, "id": "2", "phone_number": "919876543210"}]}})"})
        EXPECT_EQ(find_phone_number_id(Json::parse(answer), number), "2") << answer;
    for (const auto* answer : {"{}", "[]", "7", R"({"data": {"results": []}})",
                               R"({"data": [{"id": "1", "phone_number": "911111111111"}]})"})
        EXPECT_EQ(find_phone_number_id(Json::parse(answer), number), "") << answer;
    EXPECT_EQ(find_phone_number_id(Json::parse(R"([{"id": "1", "phone": ""}])"), ""), "");
}

TEST(WhatsAppPayload, TakesAnIdThatWasGivenForANumber) {
    EXPECT_EQ(
        find_phone_number_id(Json::parse(R"({"data": [{"id": "1090067637530949"}]})"), "1090067637530949"),
        "1090067637530949");
}

}  // namespace
}  // namespace carillon::channels
