// What is decided about a delivery when it is claimed: hours or days may have passed since it was planned.
#include <gmock/gmock.h>

#include <string>

#include "notify/claimer.hpp"
#include "support/unit_plan.hpp"

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;

const Time now{std::chrono::seconds{1'800'000'000}};
const QuietChannel push{{"push", Channel::Address::device}};
const QuietChannel whatsapp{{"whatsapp", Channel::Address::phone, false}};
const QuietChannel web_chat{{"web_chat", Channel::Address::user, true, false}};
const QuietChannel broken{{"broken", Channel::Address::user, true, true, "no credentials"}};

Claimed a_claimed() {
    Claimed claimed;
    claimed.event_type = "lead.created";
    claimed.delivery.message.phone = "+919876543210";
    return claimed;
}

std::string told(const Decision& decision) {
    if (const auto* never = std::get_if<Never>(&decision))
        return "never: " + std::string{name_of(never->reason)};
    if (const auto* later = std::get_if<NotNow>(&decision))
        return "later: " + std::string{name_of(later->reason)};
    return "go";
}

TEST(Decide, GoesWhenNothingSpeaksAgainstIt) {
    for (const Channel* channel : {static_cast<const Channel*>(&push), static_cast<const Channel*>(&whatsapp),
                                   static_cast<const Channel*>(&web_chat)})
        EXPECT_EQ(told(decide(a_claimed(), *channel, asha(), now)), "go") << channel->name();
}

TEST(Decide, WhatWasSeenMeanwhileNeedNotGo) {
    auto claimed = a_claimed();
    claimed.seen = true;
    EXPECT_EQ(told(decide(claimed, push, asha(), now)), "never: already_acked");
    claimed.read = true;
    EXPECT_EQ(told(decide(claimed, push, asha(), now)), "never: already_read");
}

TEST(Decide, WhatWasReadStillGoesWhenNobodyAskedForThat) {
    auto claimed = a_claimed();
    claimed.read = true;

    EXPECT_EQ(told(decide(claimed, push, asha(), now)), "go");
}

TEST(Decide, AStopThatCameAfterThePlanCounts) {
    auto who = asha();
    who.opted_out = true;

    EXPECT_EQ(told(decide(a_claimed(), whatsapp, who, now)), "never: opted_out");
    EXPECT_EQ(told(decide(a_claimed(), push, who, now)), "go");
}

TEST(Decide, TheUsersWishesOfNowCount) {
    auto who = asha();
    who.channels_off = {"push"};
    EXPECT_EQ(told(decide(a_claimed(), push, who, now)), "never: channel_off");

    who = asha();
    who.muted = {"lead.*"};
    EXPECT_EQ(told(decide(a_claimed(), web_chat, who, now)), "never: muted");

    who = asha();
    who.targets.clear();
    EXPECT_EQ(told(decide(a_claimed(), push, who, now)), "never: no_device");
}

TEST(Decide, QuietHoursPostponeAgain) {
    auto who = asha();
    who.quiet_until = now + 2h;
    EXPECT_EQ(told(decide(a_claimed(), push, who, now)), "later: quiet_hours");
    EXPECT_EQ(told(decide(a_claimed(), web_chat, who, now)), "go");

    auto urgent = a_claimed();
    urgent.urgent = true;
    EXPECT_EQ(told(decide(urgent, push, who, now)), "go");
}

TEST(Decide, WhatHasExpiredOrHasNoWayIsOver) {
    auto claimed = a_claimed();
    claimed.delivery.message.expires_at = now;
    EXPECT_EQ(told(decide(claimed, push, asha(), now)), "never: expired");
    EXPECT_EQ(told(decide(a_claimed(), broken, asha(), now)), "never: channel_disabled");

    claimed = a_claimed();
    claimed.delivery.message.phone.clear();
    EXPECT_EQ(told(decide(claimed, whatsapp, asha(), now)), "never: no_address");
}

}  // namespace
}  // namespace carillon::notify
