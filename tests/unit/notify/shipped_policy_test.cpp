// config/routing.toml says what the server does when nobody has changed it.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "notify/policy.hpp"

namespace carillon::notify {
namespace {

using testing::ElementsAre;

std::string shipped_text() {
    std::ifstream in{std::string{CARILLON_SOURCE_DIR} + "/config/routing.toml"};
    return {std::istreambuf_iterator<char>{in}, {}};
}

const Policy& shipped() {
    static const auto policy = [] {
        const PolicyNames known{{"push", "whatsapp", "web_chat"}, {}};
        return parse_policy(shipped_text(), "config/routing.toml", known);
    }();
    return policy.value();
}

struct Expected {
    std::string event;
    std::string to;
    std::string feed;
    Mode mode;
    std::vector<std::string> channels;
    std::string template_type;
};

std::vector<Expected> table() {
    using enum Mode;
    const std::string all_customers = "every customer in area";
    return {
        {"lead.created", "salesperson_id", "lead_update", all, {"push"}, "new_lead"},
        {"lead.updated", "salesperson_id", "lead_update", all, {}, ""},
        {"lead.distributed", "manager_ids", "lead.distributed", all, {"push"}, "lead_distributed"},
        {"conversation.message", "salesperson_id", "conversation_update", all, {"push"}, "new_message"},
        {"conversation.reply",
         "customer_id",
         "conversation_update",
         first,
         {"web_chat", "whatsapp"},
         "conversation_reply"},
        {"request.created", "customer_id", "notification", all, {"web_chat"}, "request_confirmation"},
        {"request.created",
         "provider_ids",
         "notification",
         first,
         {"web_chat", "whatsapp"},
         "provider_request"},
        {"request.accepted", "customer_id", "notification", all, {"web_chat"}, "provider_found"},
        {"request.declined", "customer_id", "notification", all, {}, ""},
        {"request.status", "customer_id", "notification", first, {"web_chat", "whatsapp"}, "request_status"},
        {"order.created", "customer_id", "notification", all, {"whatsapp"}, "order_confirmation"},
        {"order.updated", "customer_id", "notification", all, {}, ""},
        {"delivery.delayed", "customer_id", "notification", all, {"whatsapp"}, "delivery_delayed"},
        {"delivery.confirmed", "customer_id", "notification", all, {"whatsapp"}, "delivery_confirmed"},
        {"delivery.reminder", "customer_id", "notification", all, {"whatsapp"}, "delivery_reminder"},
        {"subscription.created",
         "customer_id",
         "notification",
         all,
         {"whatsapp"},
         "subscription_confirmation"},
        {"subscription.paused", "customer_id", "notification", all, {"whatsapp"}, "pause_confirmation"},
        {"subscription.resumed", "customer_id", "notification", all, {"whatsapp"}, "pause_confirmation"},
        {"billing.bill_generated", "customer_id", "notification", all, {"whatsapp"}, "payment_reminder"},
        {"billing.payment_recorded",
         "customer_id",
         "notification",
         all,
         {"whatsapp"},
         "payment_confirmation"},
        {"product.launched", all_customers, "notification", all, {"whatsapp"}, "new_product"},
        {"customer.churn_risk", "customer_id", "notification", all, {"whatsapp"}, "churn_risk"},
    };
}

TEST(ShippedPolicy, TellsOfEveryEventWhomItShould) {
    const auto& routes = shipped().routes();
    const auto expected = table();

    ASSERT_EQ(routes.size(), expected.size());
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const auto& route = routes[i];
        SCOPED_TRACE(route.name);
        EXPECT_EQ(route.event, expected[i].event);
        EXPECT_EQ(name_of(route.to), expected[i].to);
        EXPECT_EQ(route.feed, expected[i].feed);
        EXPECT_EQ(route.mode, expected[i].mode);
        EXPECT_EQ(route.template_type, expected[i].template_type);
        std::vector<std::string> channels;
        for (const auto& step : route.steps) channels.push_back(step.channel);
        EXPECT_EQ(channels, expected[i].channels);
    }
}

TEST(ShippedPolicy, DisturbsNobodyAtNightButForWhatCannotWait) {
    std::vector<std::string> urgent;
    for (const auto& route : shipped().routes()) {
        if (route.urgent) urgent.push_back(route.event);
    }
    EXPECT_THAT(urgent, ElementsAre("conversation.reply", "delivery.delayed"));
}

TEST(ShippedPolicy, ExplainsEveryKey) {
    const auto text = shipped_text();
    for (const std::string key : {"event", "to", "feed", "channels", "mode", "steps", "template", "urgent",
                                  "chatty", "delay", "expires"})
        EXPECT_THAT(text, testing::HasSubstr("\n#   " + key + " "));
}

}  // namespace
}  // namespace carillon::notify
