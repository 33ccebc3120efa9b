#include "support/unit_plan.hpp"

#include <utility>

namespace carillon::notify {

std::shared_ptr<const TemplateBook> a_book(const std::vector<StoredText>& texts) {
    std::vector<TemplateBook::Source> sources;
    for (const auto& text : texts)
        sources.push_back({text.type, text.channel, "en", 1, text.text, Json::object()});
    return TemplateBook::make(1, std::move(sources));
}

Channels four_channels() {
    Channels all;
    all.add(std::make_unique<QuietChannel>(QuietChannel::Traits{"push", Channel::Address::device}));
    all.add(std::make_unique<QuietChannel>(QuietChannel::Traits{"whatsapp", Channel::Address::phone, false}));
    all.add(std::make_unique<QuietChannel>(
        QuietChannel::Traits{"web_chat", Channel::Address::user, true, false}));
    all.add(std::make_unique<QuietChannel>(
        QuietChannel::Traits{"broken", Channel::Address::user, true, false, "no credentials"}));
    return all;
}

Event an_event(Json payload) {
    Event event;
    event.id = EventId{"evt_1"};
    event.type = "lead.created";
    event.actor = UserId{"carol"};
    event.subject = "lead-15";
    event.payload = std::move(payload);
    event.at = Time{std::chrono::seconds{1'800'000'000}};
    return event;
}

Route a_route(const std::vector<std::string>& channels, Mode mode) {
    Route route;
    route.name = "lead.created to salesperson_id";
    route.event = "lead.created";
    route.mode = mode;
    route.feed = "lead_update";
    route.template_type = "new_lead";
    for (const auto& channel : channels) {
        Step step;
        step.channel = channel;
        route.steps.push_back(std::move(step));
    }
    return route;
}

Recipient asha() {
    Recipient who;
    who.user = UserId{"asha"};
    who.name = "Asha";
    who.phone = "+919876543210";
    who.targets.push_back({DeviceId{"dev_1"}, "token", "t1"});
    return who;
}

PlanTest::PlanTest()
    : book{a_book({{"new_lead", "push", "Hello {{ customer_name }}"},
                   {"new_lead", "whatsapp", "Hello {{ customer_name }}"},
                   {"new_lead", "web_chat", "Hello {{ customer_name }}"},
                   {"new_lead", "broken", "Hello {{ customer_name }}"}})} {}

std::vector<PlannedDelivery> PlanTest::plan_all(const Route& route, const Recipient& who) {
    PlanWriter writer{channels, *book, settings, now, [this](std::string_view) { return room; }};
    writer.tell(an_event(), route, who, false);
    return writer.plan().deliveries;
}

const PlannedDelivery& PlanTest::plan_one(const Route& route, const Recipient& who) {
    last_ = plan_all(route, who);
    return last_.at(0);
}

}  // namespace carillon::notify
