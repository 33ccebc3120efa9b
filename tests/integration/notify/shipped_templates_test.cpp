// The templates that migrations bring: all of them can be used, and they say what they are known to say.
#include <carillon/json.hpp>
#include <gmock/gmock.h>

#include "notify/message_template.hpp"
#include "support/database.hpp"

namespace carillon::notify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Stored {
    std::string type;
    std::string channel;
    std::string language;
    std::string content;
    Json options;

    [[nodiscard]] std::string name() const { return type + " " + channel + " " + language; }
};

class ShippedTemplates : public ::testing::Test {
protected:
    static void SetUpTestSuite() {
        const test::TestDatabase database;
        for (const auto& row : database.query("SELECT type, channel, language, content, options"
                                              "  FROM notification_templates ORDER BY 1, 2, 3"))
            all.push_back({row[0].c_str(), row[1].c_str(), row[2].c_str(), row[3].c_str(),
                           parse_json(row[4].c_str()).value()});
        versions = database.value(
            "SELECT count(*) FROM notification_templates t JOIN notification_template_versions v"
            " USING (type, channel, language, version, content, options)"
            " WHERE version = 1 AND active AND updated_by = 'carillon' AND created_by = 'carillon'");
    }
    static void TearDownTestSuite() { all.clear(); }

    static const Stored& stored(std::string_view name) {
        for (const auto& each : all) {
            if (each.name() == name) return each;
        }
        throw std::runtime_error{"no template " + std::string{name}};
    }
    static Result<MessageTemplate::Output> output(std::string_view name, const Json& context) {
        const auto& each = stored(name);
        return MessageTemplate::parse(each.content, each.options).value().render(context, each.language);
    }
    // "" and what was wrong, for one look at a failed table.
    static std::string text(std::string_view name, const Json& context) {
        const auto rendered = output(name, context);
        return rendered ? rendered->text : rendered.error().code + ": " + rendered.error().detail;
    }

    static inline std::vector<Stored> all;
    static inline std::string versions;
};

TEST_F(ShippedTemplates, CanAllBeReadInTextAndOptions) {
    for (const auto& each : all) {
        const auto parsed = MessageTemplate::parse(each.content, each.options);
        EXPECT_TRUE(parsed) << each.name() << ": " << (parsed ? "" : parsed.error().fields[0].message);
    }
    EXPECT_EQ(versions, std::to_string(all.size()));
}

TEST_F(ShippedTemplates, CoverEveryTypeOnEveryChannelThatCarriesIt) {
    std::vector<std::string> names;
    for (const auto& each : all) names.push_back(each.name());
    std::vector<std::string> expected;
    for (const auto* type :
         {"delivery_reminder", "delivery_confirmed", "payment_reminder", "payment_confirmation",
          "subscription_confirmation", "order_confirmation", "pause_confirmation", "churn_risk",
          "new_product", "delivery_delayed", "provider_request", "request_status", "conversation_reply",
          "direct_message", "digest"})
        expected.push_back(std::string{type} + " whatsapp en");
    for (const auto* type : {"new_lead", "new_message", "lead_distributed", "direct_message", "digest"})
        expected.push_back(std::string{type} + " push en");
    for (const auto* type : {"provider_request", "request_confirmation", "provider_found", "request_status",
                             "conversation_reply", "test_notification", "digest"}) {
        expected.push_back(std::string{type} + " web_chat en");
        expected.push_back(std::string{type} + " web_chat fr");
    }
    expected.emplace_back("direct_message web_chat en");
    EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(ShippedTemplates, CarryWhatTheirChannelNeeds) {
    for (const auto& each : all) {
        if (each.channel == "web_chat") {
            EXPECT_EQ(each.options, Json::object()) << each.name();
        } else if (each.channel == "push") {
            EXPECT_TRUE(each.options.at("title").is_string() && each.options.at("data").is_object())
                << each.name();
            EXPECT_GT(each.options.at("ttl_seconds").get<int>(), 0) << each.name();
            EXPECT_THAT(each.options.at("priority"), ::testing::AnyOf("high", "normal")) << each.name();
        } else if (each.content != "{{ text }}") {  // which is free text, inside the open window only
            const auto& approved = each.options.at("template");
            EXPECT_EQ(approved.at("name").get<std::string>().rfind("carillon_", 0), 0U) << each.name();
            EXPECT_EQ(approved.at("language"), "en") << each.name();
            for (const auto& parameter : approved.at("parameters"))
                EXPECT_TRUE(parameter.at("text").is_string()) << each.name();
        }
    }
}

const Json request = Json::parse(R"({
    "service_type": "Électricité", "location": "Bonamoussadi", "urgency": "normal",
    "description": "problème d'électricité dans ma chambre",
    "provider": {"name": "Jean Dupont", "phone": "237691234567", "rating": 4.5},
    "price_min": "3000", "price_max": "10000", "currency": "XAF"})");

TEST_F(ShippedTemplates, ConfirmARequestInFrench) {
    EXPECT_EQ(text("request_confirmation web_chat fr", request), R"(✅ **Demande confirmée !**

Votre demande de **Électricité** a été reçue et traitée.

📍 **Lieu**: Bonamoussadi
📝 **Description**: problème d'électricité dans ma chambre
⏰ **Urgence**: Normal

🔍 Je recherche maintenant un prestataire disponible dans votre zone.
📱 Vous recevrez une notification dès qu'un prestataire accepte votre demande.

💬 N'hésitez pas à me poser des questions si besoin !)");
}

TEST_F(ShippedTemplates, IntroduceTheProviderInFrench) {
    EXPECT_EQ(text("provider_found web_chat fr", request), R"(🎉 **Prestataire trouvé !**

Un prestataire a accepté votre demande de **Électricité**.

👨🔧 **Prestataire**: Jean Dupont
📞 **Contact**: 237691234567
⭐ **Note**: 4.5/5

Le prestataire va vous contacter sous peu pour confirmer les détails.

📱 Vous pouvez me demander des informations sur votre demande à tout moment !)");
}

TEST_F(ShippedTemplates, AskAProviderInFrench) {
    EXPECT_EQ(text("provider_request web_chat fr", request), R"(🚨 **Nouvelle demande de service**

Une nouvelle demande correspond à votre expertise :

🔧 **Service**: Électricité
📍 **Lieu**: Bonamoussadi
📝 **Description**: problème d'électricité dans ma chambre
⏰ **Urgence**: Normal

💰 **Estimation**: 3 000 - 10 000 XAF

Souhaitez-vous accepter cette demande ?
- Tapez "OUI" pour accepter
- Tapez "NON" pour refuser)");
}

TEST_F(ShippedTemplates, LeaveOutTheLinesOfWhatIsNotKnown) {
    const Json little{{"service_type", "Plomberie"}, {"location", "Akwa"}, {"provider_name", "Awa"}};
    EXPECT_THAT(text("request_confirmation web_chat fr", little),
                HasSubstr("📍 **Lieu**: Akwa\n⏰ **Urgence**: Normal\n\n🔍"));
    EXPECT_THAT(text("provider_request web_chat fr", little),
                HasSubstr("📍 **Lieu**: Akwa\n⏰ **Urgence**: Normal\n\nSouhaitez-vous"));
    EXPECT_THAT(text("provider_found web_chat fr", little),
                HasSubstr("👨🔧 **Prestataire**: Awa\n\nLe prestataire va"));
}

TEST_F(ShippedTemplates, RemindOfADeliveryWithAndWithoutAnArea) {
    EXPECT_THAT(
        text("delivery_reminder whatsapp en",
             {{"customer_name", "John"}, {"delivery_date", "Jan 28"}, {"area", "Bandra"}}),
        StartsWith("Hi John! Your EarlyBird delivery is scheduled for Jan 28, 6-8 AM in Bandra\n\n🥛"));
    EXPECT_THAT(text("delivery_reminder whatsapp en",
                     {{"customer_name", "John Doe"}, {"delivery_date", "2026-02-01"}}),
                StartsWith("Your EarlyBird delivery scheduled for February 1\n\nHi John Doe! 👋"));
    EXPECT_EQ(text("delivery_reminder whatsapp en", Json::object()),
              "template_variable_missing: missing from the context: delivery_date, customer_name");
}

TEST_F(ShippedTemplates, OpenWithTheirMessageInOneLine) {
    const Json context = Json::parse(R"({
        "customer_name": "John Doe", "amount": 2500, "period": "January", "product": "daily milk", "order_id": 123,
        "delivery_date": "2026-01-28", "start_date": "2026-01-29", "resume_date": "2026-01-31", "eta": "7:15 AM",
        "items": [{"product_id": "prod_123", "quantity": 2, "price": 100, "total": 200}]})");
    for (const auto& [type, line] : std::vector<std::pair<std::string, std::string>>{
             {"delivery_confirmed", "✓ Delivery confirmed!"},
             {"payment_reminder", "Payment due: ₹2,500 for January"},
             {"payment_confirmation", "✓ Payment received! ₹2,500 credited"},
             {"subscription_confirmation", "✓ Your daily milk subscription is active!"},
             {"order_confirmation", "✓ Order #123 confirmed, Delivery Jan 28"},
             {"pause_confirmation", "⏸️ Subscription paused until Jan 31"},
             {"churn_risk", "❤️ We miss you! Resume for 25% off"},
             {"new_product", "🆕 New product available in your area!"},
             {"delivery_delayed", "⏰ Delivery slightly delayed, ETA 7:15 AM"},
         }) {
        const auto rendered = output(type + " whatsapp en", context);
        ASSERT_TRUE(rendered) << type << ": " << rendered.error().detail;
        EXPECT_THAT(rendered->text, StartsWith(line + "\n\n"));
        EXPECT_THAT(rendered->text, HasSubstr("John Doe"));
        EXPECT_EQ(rendered->content["template"]["parameters"][0]["text"], "John Doe") << type;
        EXPECT_THAT(rendered->text, Not(HasSubstr("\n\n\n"))) << type;
    }
    EXPECT_THAT(text("order_confirmation whatsapp en", context),
                HasSubstr("\n• 2 × prod_123\n*Total: ₹2,500*\n"));
}

TEST_F(ShippedTemplates, SayThatASubscriptionGoesOn) {
    const auto resumed =
        output("pause_confirmation whatsapp en", {{"customer_name", "Asha"}, {"status", "active"}});
    EXPECT_THAT(resumed->text, StartsWith("▶️ Subscription resumed\n\nWelcome back, Asha!"));
    EXPECT_EQ(resumed->content["template"]["name"], "carillon_resume_confirmation");
    const auto paused =
        output("pause_confirmation whatsapp en", {{"customer_name", "Asha"}, {"status", "paused"}});
    EXPECT_THAT(paused->text, StartsWith("⏸️ Subscription paused\n\nHi Asha, nothing is delivered"));
    EXPECT_EQ(paused->content["template"]["name"], "carillon_pause_confirmation");
}

// What an approved template cannot take fails at the provider, after the message was counted as sent.
TEST_F(ShippedTemplates, GiveEveryParameterAValueInOneLine) {
    const Json least = Json::parse(R"({
        "customer_name": "A", "amount": 1, "period": "May", "product": "Milk", "order_id": 1, "service_type": "S",
        "delivery_date": "2026-01-28", "location": "L", "delay_minutes": 20, "status": "accepted", "count": 3,
        "items": ["one", "two"], "type": "new_message"})");
    for (const auto& each : all) {
        if (!each.options.contains("template")) continue;
        const auto rendered = output(each.name(), least);
        ASSERT_TRUE(rendered) << each.name() << ": " << rendered.error().detail;
        for (const auto& parameter : rendered->content["template"]["parameters"]) {
            const auto value = parameter["text"].get<std::string>();
            EXPECT_FALSE(value.empty()) << each.name();
            EXPECT_THAT(value, Not(HasSubstr("\n"))) << each.name();
        }
    }
}

TEST_F(ShippedTemplates, TellThePhoneWhatItIsAbout) {
    const auto distributed = output(
        "lead_distributed push en",
        Json::parse(R"({"lead": {"id": 15, "user_lead_id": 123}, "score": {"score": 85, "tier": "excellent"},
            "notification": {"title": "🔥 High-Value Lead!", "message": "New residential property in Austin, TX"}})"));
    EXPECT_EQ(distributed->text, "New residential property in Austin, TX");
    EXPECT_EQ(distributed->content["title"], "🔥 High-Value Lead!");
    EXPECT_EQ(distributed->content["data"],
              Json({{"lead_id", "15"}, {"user_lead_id", "123"}, {"score", "85"}, {"tier", "excellent"}}));

    const auto message =
        output("new_message push en", {{"lead_id", "l1"}, {"text", std::string(5'000, 'x')}});
    EXPECT_LT(message->text.size(), 200U);
    EXPECT_EQ(message->content["collapse_key"], "conversation-l1");
    EXPECT_EQ(text("new_lead push en", {{"id", 7}, {"name", "Ivan"}}), "Ivan is waiting for your call");
}

TEST_F(ShippedTemplates, CountAndListWhatADigestGathered) {
    const Json digest{{"count", 12}, {"type", "new_message"}, {"items", {"first", "second"}}};
    EXPECT_EQ(text("digest whatsapp en", digest), "🔔 *12 new messages*\n\n- first\n- second");
    EXPECT_EQ(text("digest web_chat fr", digest), "🔔 **12 nouveaux messages**\n\n- first\n- second");
    EXPECT_EQ(output("digest push en", digest)->content["title"], "12 new messages");
}

}  // namespace
}  // namespace carillon::notify
