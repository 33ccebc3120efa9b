// Every rule of planning: whom an event names, and what becomes of each channel.
#include "notify/plan.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/unit_plan.hpp"

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(NamesIn, ReadsTextsNumbersAndListsEachOnce) {
    const auto event = an_event({{"id", "asha"},
                                 {"number", 15},
                                 {"many", {"b", "a", "b", 7, nullptr, true, {{"id", "x"}}, ""}},
                                 {"inner", {{"deep", "bob"}}}});

    EXPECT_THAT(names_in(event, {"id", {}, {}}), ElementsAre("asha"));
    EXPECT_THAT(names_in(event, {"number", {}, {}}), ElementsAre("15"));
    EXPECT_THAT(names_in(event, {"many", {}, {}}), ElementsAre("b", "a", "7"));
    EXPECT_THAT(names_in(event, {"inner.deep", {}, {}}), ElementsAre("bob"));
    EXPECT_THAT(names_in(event, {"inner", {}, {}}), IsEmpty());
    EXPECT_THAT(names_in(event, {"id.deep", {}, {}}), IsEmpty());
    EXPECT_THAT(names_in(event, {"nothing", {}, {}}), IsEmpty());
    EXPECT_THAT(names_in(event, {"actor", {}, {}}), ElementsAre("carol"));
}

TEST_F(PlanTest, HandsOverWhatCanGoAtOnce) {
    const auto& delivery = plan_one(a_route({"push"}), asha());

    EXPECT_EQ(delivery.status, "queued");
    EXPECT_EQ(delivery.message.text, "Hello Asha");
    ASSERT_TRUE(delivery.waiting);
    EXPECT_TRUE(delivery.waiting->leased);
    EXPECT_TRUE(delivery.waiting->begun)
        << "a second push does no harm, so its beginning is stored with the plan";
    EXPECT_EQ(delivery.message.targets.size(), 1U);
}

TEST_F(PlanTest, DoesNotCountAsBegunWhatMustNotBeSentTwice) {
    const auto& delivery = plan_one(a_route({"whatsapp"}), asha());

    EXPECT_TRUE(delivery.waiting->leased);
    EXPECT_FALSE(delivery.waiting->begun);
    EXPECT_EQ(delivery.message.phone, "+919876543210");
}

TEST_F(PlanTest, LeavesInTheQueueWhatThereIsNoRoomFor) {
    room = false;

    const auto& delivery = plan_one(a_route({"push"}), asha());

    EXPECT_FALSE(delivery.waiting->leased);
    EXPECT_EQ(delivery.waiting->due, now);
}

struct Refusal {
    std::string name;
    std::string channel;
    void (*change)(Recipient& who);
    Reason reason;
};
class RefusedPlan : public PlanTest, public testing::WithParamInterface<Refusal> {};

TEST_P(RefusedPlan, IsSkippedWithTheReasonAndStillWritten) {
    auto who = asha();
    GetParam().change(who);

    const auto& delivery = plan_one(a_route({GetParam().channel}), who);

    EXPECT_EQ(delivery.status, "skipped");
    EXPECT_EQ(delivery.reason, GetParam().reason);
    EXPECT_FALSE(delivery.waiting);
    EXPECT_EQ(delivery.message.text, "Hello Asha") << "so that it can be sent later";
}

INSTANTIATE_TEST_SUITE_P(
    Wishes, RefusedPlan,
    testing::Values(
        Refusal{"ChannelOff", "push", [](Recipient& who) { who.channels_off = {"push"}; },
                Reason::channel_off},
        Refusal{"Muted", "push", [](Recipient& who) { who.muted = {"lead.created"}; }, Reason::muted},
        Refusal{"FamilyMuted", "push", [](Recipient& who) { who.muted = {"lead.*"}; }, Reason::muted},
        Refusal{"NoDevice", "push", [](Recipient& who) { who.targets.clear(); }, Reason::no_device},
        Refusal{"NoPhone", "whatsapp", [](Recipient& who) { who.phone.clear(); }, Reason::no_address},
        Refusal{"OptedOut", "whatsapp", [](Recipient& who) { who.opted_out = true; }, Reason::opted_out},
        Refusal{"NobodyWeKnow", "web_chat", [](Recipient& who) { who.user = UserId{}; }, Reason::no_address},
        Refusal{"Disabled", "broken", [](Recipient&) {}, Reason::channel_disabled}),
    [](const auto& row) { return row.param.name; });

TEST_F(PlanTest, MutingALikeNamedEventMutesNothingElse) {
    auto who = asha();
    who.muted = {"lead.createdx", "lea.*", "order.*"};

    EXPECT_EQ(plan_one(a_route({"push"}), who).status, "queued");
}

TEST_F(PlanTest, StopOnWhatsAppStopsNoOtherChannel) {
    auto who = asha();
    who.opted_out = true;

    EXPECT_EQ(plan_one(a_route({"push"}), who).status, "queued");
}

TEST_F(PlanTest, AMissingValueIsDeadAndNamed) {
    book = a_book({{"new_lead", "push", "Hello {{ nobody }}"}});

    const auto& delivery = plan_one(a_route({"push"}), asha());

    EXPECT_EQ(delivery.status, "dead");
    EXPECT_EQ(delivery.reason, Reason::template_variable_missing);
    EXPECT_THAT(delivery.detail, testing::HasSubstr("nobody"));
}

TEST_F(PlanTest, ARouteWithoutItsTemplateIsDead) {
    book = a_book({});

    EXPECT_EQ(plan_one(a_route({"push"}), asha()).reason, Reason::template_missing);
}

TEST_F(PlanTest, QuietHoursPostponeWhatRings) {
    auto who = asha();
    who.quiet_until = now + 8h;

    const auto& push = plan_one(a_route({"push"}), who);
    EXPECT_EQ(push.waiting->due, now + 8h);
    EXPECT_EQ(push.waiting->reason, Reason::quiet_hours);
    EXPECT_FALSE(push.waiting->leased);

    EXPECT_EQ(plan_one(a_route({"web_chat"}), who).waiting->due, now) << "it does not ring";
    auto urgent = a_route({"push"});
    urgent.urgent = true;
    EXPECT_EQ(plan_one(urgent, who).waiting->due, now);
}

TEST_F(PlanTest, WhatWouldComeTooLateIsSkippedAsExpired) {
    auto who = asha();
    who.quiet_until = now + 8h;
    auto route = a_route({"push"});
    route.expires = 1h;

    const auto& delivery = plan_one(route, who);

    EXPECT_EQ(delivery.status, "skipped");
    EXPECT_EQ(delivery.reason, Reason::expired);
}

TEST_F(PlanTest, PushWaitsForAnOpenApp) {
    auto who = asha();
    who.in_foreground = true;

    const auto& delivery = plan_one(a_route({"push"}), who);

    EXPECT_EQ(delivery.waiting->due, now + settings.foreground_grace);
    EXPECT_EQ(delivery.waiting->unless, Step::Unless::acked);
    EXPECT_EQ(delivery.waiting->reason, Reason::foreground);
}

TEST_F(PlanTest, PushDoesNotWaitForAnAppThatWouldNotShowIt) {
    auto who = asha();
    who.in_foreground = true;
    auto route = a_route({"push"});
    route.feed.clear();

    EXPECT_TRUE(plan_one(route, who).waiting->leased);
}

TEST_F(PlanTest, InModeFirstTheNextWaitsForTheOneBefore) {
    const auto deliveries = plan_all(a_route({"web_chat", "whatsapp", "push"}, Mode::first), asha());

    EXPECT_TRUE(deliveries[0].waiting->leased);
    EXPECT_TRUE(deliveries[0].waiting->fallback);
    EXPECT_TRUE(deliveries[1].waiting->parked);
    EXPECT_TRUE(deliveries[1].waiting->fallback);
    EXPECT_EQ(deliveries[1].reason, Reason::earlier_channel);
    EXPECT_TRUE(deliveries[2].waiting->parked);
    EXPECT_FALSE(deliveries[2].waiting->fallback) << "nobody waits for the last";
}

TEST_F(PlanTest, InModeFirstAChannelThatCannotIsPassedOver) {
    auto who = asha();
    who.channels_off = {"web_chat"};

    const auto deliveries = plan_all(a_route({"web_chat", "whatsapp"}, Mode::first), who);

    EXPECT_EQ(deliveries[0].status, "skipped");
    EXPECT_TRUE(deliveries[1].waiting->leased);
}

TEST_F(PlanTest, InModeUnlessAckedEachComesInItsTime) {
    auto route = a_route({"push", "whatsapp"}, Mode::unless_acked);
    route.steps[0].after = 5s;
    route.steps[0].unless = Step::Unless::acked;
    route.steps[1].after = 10min;
    route.steps[1].unless = Step::Unless::read;

    const auto deliveries = plan_all(route, asha());

    EXPECT_EQ(deliveries[0].waiting->due, now + 5s);
    EXPECT_EQ(deliveries[0].waiting->unless, Step::Unless::acked);
    EXPECT_EQ(deliveries[1].waiting->due, now + 10min);
    EXPECT_EQ(deliveries[1].waiting->unless, Step::Unless::read);
}

TEST_F(PlanTest, ChattyEventsAreGatheredForWhoWantsThat) {
    auto who = asha();
    who.digest = 15min;
    auto route = a_route({"push"});
    EXPECT_FALSE(plan_one(route, who).digest) << "this route is not chatty";

    route.chatty = true;
    const auto& gathered = plan_one(route, who);
    EXPECT_EQ(gathered.digest, 15min);
    EXPECT_FALSE(gathered.waiting->leased);

    who.digest.reset();
    EXPECT_FALSE(plan_one(route, who).digest);
}

TEST_F(PlanTest, AnEventStandsInAFeedOnceHoweverManyRoutesNameItsReader) {
    PlanWriter writer{channels, *book, settings, now, [](std::string_view) { return true; }};
    const auto event = an_event();
    auto other = a_route({"web_chat"});
    other.feed = "notification";

    writer.tell(event, a_route({"push"}), asha(), false);
    writer.tell(event, other, asha(), false);

    ASSERT_EQ(writer.plan().feed.size(), 1U);
    EXPECT_EQ(writer.plan().feed[0].type, "lead_update");
    EXPECT_EQ(writer.plan().deliveries.size(), 2U);
}

TEST_F(PlanTest, TheFeedShowsWhatTheEventHasForIt) {
    PlanWriter writer{channels, *book, settings, now, [](std::string_view) { return true; }};

    writer.tell(an_event({{"phone", "secret"}, {"feed", {{"shown", true}}}}), a_route({"push"}), asha(),
                false);

    EXPECT_EQ(Json::parse(*writer.plan().feed[0].body), Json({{"shown", true}}));
}

TEST_F(PlanTest, NobodyIsShownTheListOfTheOthers) {
    PlanWriter writer{channels, *book, settings, now, [](std::string_view) { return true; }};
    const auto event = an_event({{"inner", {{"ids", {"asha", "bob"}}, {"kept", 1}}}});
    auto route = a_route({"push"});
    route.to.path = "inner.ids";

    writer.tell(event, route, asha(), false);
    auto bob = asha();
    bob.user = UserId{"bob"};
    writer.tell(event, route, bob, false);

    EXPECT_EQ(Json::parse(*writer.plan().feed[0].body), Json({{"inner", {{"kept", 1}}}}));
    EXPECT_EQ(writer.plan().feed[0].body, writer.plan().feed[1].body) << "one text for all";
}

TEST_F(PlanTest, NobodyToldIsARowToo) {
    PlanWriter writer{channels, *book, settings, now, [](std::string_view) { return true; }};

    writer.tell_nobody(an_event(), "a route", Reason::unknown_user, "ghost");

    const auto& delivery = writer.plan().deliveries.at(0);
    EXPECT_EQ(delivery.status, "skipped");
    EXPECT_EQ(delivery.reason, Reason::unknown_user);
    EXPECT_EQ(delivery.detail, "ghost");
}

TEST(DirectRoute, SaysWhatTheEventSays) {
    auto event = an_event({{"to", "asha"}, {"channel", "push"}, {"message_type", "new_lead"}});
    event.type = direct_event;

    const auto route = direct_route(event);

    EXPECT_EQ(route.template_type, "new_lead");
    EXPECT_EQ(route.steps.at(0).channel, "push");
    EXPECT_THAT(names_in(event, route.to), ElementsAre("asha"));
}

TEST(ContextFor, TheEventsOwnWordsCountMoreThanTheReadersRecord) {
    Recipient who = asha();
    const auto route = a_route({"push"});

    EXPECT_EQ(context_for(an_event({{"customer_name", "John"}}), route, who)["customer_name"], "John");
    EXPECT_EQ(context_for(an_event(), route, who)["customer_name"], "Asha");
}

}  // namespace
}  // namespace carillon::notify
