#include "channels/whatsapp_webhook.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace carillon::channels {
namespace {

// An event as they send it, with what the test gives put over it (RFC 7396: null takes away).
Json event(const char* type, const char* changes = "{}") {
    auto body =
        Json::parse(R"({"event_id": "e-1", "company_id": "c-1", "event_sequence": 7, "event_version": 1,
        "timestamp": "2026-11-21T07:30:00Z", "channel": "whatsapp", "direction": "outgoing",
        "session_id": "s-1", "system_identifier": "1090", "customer_identifier": "919876543210",
        "payload": {"id": "m-1", "status": "sent", "myop_ref_id": "msg_0192f3"}})");
    body["event_type"] = type;
    body.merge_patch(Json::parse(changes));
    return body;
}

Json incoming(const char* payload) {
    auto body = event("message.received", R"({"direction": "incoming"})");
    body["payload"] = Json::parse(payload);
    return body;
}

Receipt receipt_in(const Json& body) {
    const auto news = read_myoperator_event(body);
    if (!news || !std::holds_alternative<Receipt>(*news)) {
        ADD_FAILURE() << "no receipt: " << to_text(body);
        return {};
    }
    return std::get<Receipt>(*news);
}

InboundText text_in(const Json& body) {
    const auto news = read_myoperator_event(body);
    if (!news || !std::holds_alternative<InboundText>(*news)) {
        ADD_FAILURE() << "nobody wrote: " << to_text(body);
        return {};
    }
    return std::get<InboundText>(*news);
}

TEST(WhatsAppWebhook, TakesWhatACustomerWrites) {
    const auto body = incoming(
        R"({"id": "m-9", "status": "received", "data": {"type": "text", "context": {"body": "Hello"}}})");

    const auto text = text_in(body);

    EXPECT_EQ(text.provider, "whatsapp");
    EXPECT_EQ(text.event_id, "msg:m-9");
    EXPECT_EQ(text.phone, "+919876543210");
    EXPECT_EQ(text.text, "Hello");
    EXPECT_EQ(to_rfc3339(text.occurred_at), "2026-11-21T07:30:00Z");
    EXPECT_EQ(text.body, body);
}

TEST(WhatsAppWebhook, FindsTheWordsOfEveryKindOfMessage) {
    struct Row {
        const char* data;
        const char* text;
    };
    for (const auto& [data, text] :
         {Row{R"({"type": "text", "context": {"body": "Hello"}})", "Hello"},
          Row{R"({"type": "text", "text": {"body": "Hello"}})", "Hello"},
          Row{R"({"type": "button", "context": {"text": "Yes", "payload": "yes-1"}})", "Yes"},
          Row{R"({"type": "interactive", "context": {"title": "Tomorrow", "id": "2"}})", "Tomorrow"},
          Row{R"({"type": "image", "context": {"caption": "My roof", "link": "https://x/1"}})", "My roof"},
          Row{R"({"type": "image", "context": {"link": "https://x/1"}})", "[image] https://x/1"},
          Row{R"({"type": "image"})", "[image] "}, Row{R"({"context": []})", "[] "}, Row{R"([])", "[] "}})
        EXPECT_EQ(text_in(incoming((R"({"id": "m-9", "data": )" + std::string{data} + "}").c_str())).text,
                  text)
            << data;
}

TEST(WhatsAppWebhook, KnowsAPictureThatIsToldTwice) {
    auto first = incoming(R"({"id": "m-9", "data": {"type": "image"}})");
    auto second = incoming(R"({"id": "m-9", "data": {"type": "image", "context": {"link": "https://x/1"}}})");
    second["event_id"] = "e-2";

    EXPECT_EQ(text_in(first).event_id, text_in(second).event_id);
}

TEST(WhatsAppWebhook, KnowsAMessageWithoutAUsableIdByItsEvent) {
    EXPECT_EQ(text_in(incoming("{}")).event_id, "e-1");
    EXPECT_EQ(text_in(incoming(R"({"id": null})")).event_id, "e-1");
    EXPECT_EQ(text_in(incoming((R"({"id": ")" + std::string(201, 'x') + "\"}").c_str())).event_id, "e-1");
}

TEST(WhatsAppWebhook, ReadsStatusesByTheirLastWord) {
    struct Row {
        const char* type;
        const char* kind;
    };
    for (const auto& [type, kind] :
         {Row{"message.sent", "sent"}, Row{"message.delivered", "delivered"}, Row{"message.read", "read"},
          Row{"whatsapp.message.failed", "failed"}, Row{"delivered", "delivered"},
          Row{"message.link_clicked", "link_clicked"}, Row{"conversation.opened", "opened"}}) {
        const auto receipt = receipt_in(event(type));
        EXPECT_EQ(receipt.kind, kind);
        EXPECT_EQ(receipt.provider, "whatsapp");
        EXPECT_EQ(receipt.event_id, "e-1");
        EXPECT_EQ(receipt.provider_message_id, "m-1");
        EXPECT_EQ(receipt.delivery_id, "msg_0192f3");
        EXPECT_EQ(receipt.body, event(type));
    }
}

TEST(WhatsAppWebhook, TakesNineDigitsOfASecond) {
    const auto receipt =
        receipt_in(event("message.read", R"({"timestamp": "2026-11-21T07:30:00.123456789Z"})"));

    EXPECT_EQ(to_rfc3339(receipt.occurred_at), "2026-11-21T07:30:00.123456Z");
}

TEST(WhatsAppWebhook, FindsWhyAMessageFailed) {
    struct Row {
        const char* payload;
        Reason reason;
        const char* detail;
    };
    for (const auto& [payload, reason, detail] :
         {Row{R"({"errors": [{"code": 131026, "title": "Message undeliverable"}]})",
              Reason::recipient_unreachable, "131026: Message undeliverable"},
          Row{R"({"error": {"code": "131049", "message": "Not now"}})", Reason::marketing_limited,
              "131049: Not now"},
          Row{R"({"data": {"error": {"code": "CHAT_4001", "message": "low"}}})", Reason::wallet_empty,
              "CHAT_4001: low"},
          Row{R"({"reason": "expired"})", Reason::receipt_failed, "expired"},
          Row{R"({"errors": [{"code": 4711}]})", Reason::receipt_failed, "4711: "},
          Row{R"({"errors": [{"title": "To 919876543210 it does not go"}]})", Reason::receipt_failed,
              "To *** it does not go"},
          Row{R"({"errors": "boom"})", Reason::receipt_failed, ""},
          Row{R"({"errors": [[[]]], "error": [null], "data": {"data": {}}})", Reason::receipt_failed, ""}}) {
        auto body = event("message.failed");
        body["payload"] = Json::parse(payload);
        const auto receipt = receipt_in(body);
        EXPECT_EQ(receipt.reason, reason) << payload;
        EXPECT_EQ(receipt.detail, detail) << payload;
    }
}

TEST(WhatsAppWebhook, CutsLongWordsWhereACharacterEnds) {
    std::string words{"x"};
    for (int i = 0; i < 1'000; ++i) words += "ü";
    auto body = event("message.failed");
    body["payload"]["errors"] = {{{"title", words}}};

    EXPECT_EQ(receipt_in(body).detail, words.substr(0, 499));
    body["payload"]["errors"] = {{{"title", "geprüft und für böse befunden: ü"}}};
    EXPECT_EQ(receipt_in(body).detail, "geprüft und für böse befunden: ü");
}

TEST(WhatsAppWebhook, KeepsWhatIsNotForUsUnderItsWholeName) {
    struct Row {
        const char* type;
        const char* changes;
        const char* kind;
    };
    for (const auto& [type, changes, kind] :
         {Row{"call.failed", R"({"channel": "call"})", "call.failed"},
          Row{"call.received", R"({"channel": "call", "direction": "incoming"})", "call.received"},
          Row{"read", R"({"channel": "call"})", "other.read"},
          Row{"call.ended", R"({"channel": "call", "payload": null, "customer_identifier": null})",
              "call.ended"},
          Row{"message.received", R"({"direction": "outgoing"})", "message.received"},
          Row{"message.received", R"({"channel": null, "direction": null})", "message.received"},
          Row{"received", R"({"direction": "outgoing"})", "other.received"}}) {
        const auto receipt = receipt_in(event(type, changes));
        EXPECT_EQ(receipt.kind, kind) << type << changes;
        EXPECT_EQ(receipt.reason, Reason::none) << type << changes;
        EXPECT_EQ(receipt.detail, "") << type << changes;
    }
}

TEST(WhatsAppWebhook, TakesAReceivedWithoutADirectionOnWhatsAppOnly) {
    for (const auto* changes :
         {R"({"direction": ""})", R"({"direction": null})", R"({"direction": "incoming", "channel": null})"})
        EXPECT_EQ(text_in(event("message.received", changes)).phone, "+919876543210") << changes;
}

TEST(WhatsAppWebhook, DoesWithoutWhatAReceiptNeedNotHave) {
    const auto bare = receipt_in(Json::parse(
        R"({"event_id": "e-1", "event_type": "message.read", "timestamp": "2026-11-21T07:30:00Z", "payload": {}})"));
    EXPECT_EQ(bare.kind, "read");
    EXPECT_EQ(bare.provider_message_id, "");
    EXPECT_EQ(bare.delivery_id, "");

    auto nulls = event("message.delivered");
    for (const auto* name :
         {"company_id", "event_sequence", "channel", "direction", "system_identifier", "customer_identifier"})
        nulls[name] = nullptr;
    nulls["payload"]["myop_ref_id"] = nullptr;
    nulls["a_field_of_tomorrow"] = 1;
    EXPECT_EQ(receipt_in(nulls).kind, "delivered");
    EXPECT_EQ(receipt_in(nulls).delivery_id, "");

    auto unknown = event("conversation.closed");
    unknown["payload"] = nullptr;
    EXPECT_EQ(receipt_in(unknown).kind, "closed");
}

TEST(WhatsAppWebhook, RefusesWhatIsNoEvent) {
    struct Row {
        const char* field;
        Json value;
    };
    const Json long_id = std::string(201, 'x');
    for (const auto& [field, value] :
         {Row{"event_id", nullptr}, Row{"event_id", ""}, Row{"event_id", 7}, Row{"event_id", long_id},
          Row{"event_type", nullptr}, Row{"event_type", Json::object()}, Row{"timestamp", nullptr},
          Row{"timestamp", "yesterday"}, Row{"timestamp", 1'700'000'000}, Row{"channel", 7},
          Row{"customer_identifier", Json::object()}, Row{"payload", nullptr}, Row{"payload", "sent"},
          Row{"payload", Json::array()}}) {
        auto body = event("message.sent");
        body[field] = value;
        const auto news = read_myoperator_event(body);
        ASSERT_FALSE(news) << to_text(body);
        EXPECT_EQ(news.error().failure, Failure::invalid) << to_text(body);
    }
    for (const auto* field : {"event_id", "event_type", "timestamp", "payload"}) {
        auto body = event("message.sent");
        body.erase(field);
        EXPECT_FALSE(read_myoperator_event(body)) << field;
    }
}

TEST(WhatsAppWebhook, RefusesAMessageOfNobodyAndOneThatIsTooLong) {
    auto body = incoming(R"({"data": {"context": {"body": "Hello"}}})");
    for (const auto& customer : {Json{nullptr}, Json{""}, Json{"not a number"}}) {
        body["customer_identifier"] = customer;
        ASSERT_FALSE(read_myoperator_event(body)) << customer;
        EXPECT_EQ(read_myoperator_event(body).error().failure, Failure::invalid);
    }
    body["customer_identifier"] = "+919876543210";
    body["payload"]["data"]["context"]["body"] = std::string(65'536, 'x');
    EXPECT_EQ(text_in(body).text.size(), 65'536U);
    body["payload"]["data"]["context"]["body"] = std::string(65'537, 'x');
    EXPECT_EQ(read_myoperator_event(body).error().failure, Failure::too_large);
}

}  // namespace
}  // namespace carillon::channels
