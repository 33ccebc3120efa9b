#include "admin/notifications/parse.hpp"

#include <gmock/gmock.h>

namespace carillon::admin {
namespace {

using testing::ElementsAre;

const std::vector<std::string> event_types{"lead.created", "lead.updated", "order.created"};

// The fields that are wrong.
template <class T>
std::vector<std::string> faults(const Result<T>& result) {
    std::vector<std::string> fields;
    if (result.has_error())
        for (const auto& field : result.error().fields) fields.push_back(field.field);
    return fields;
}

TEST(ParseSettings, NothingIsAllThereIs) {
    const auto wish = parse_settings(Json::object(), event_types).value();
    EXPECT_TRUE(wish.settings.channels_off.empty());
    EXPECT_FALSE(wish.settings.quiet);
    EXPECT_FALSE(wish.whatsapp_on);
}

TEST(ParseSettings, WhatWasShownCanBeSentBack) {
    const auto body =
        Json::parse(R"({"user_id": "ada", "channels": {"push": false, "whatsapp": true, "web_chat": true},
        "muted": ["lead.*", "order.created", "lead.*"], "quiet_hours": {"from": "22:00", "to": "07:00",
        "timezone": "Asia/Kolkata"}, "language": "fr-CM", "digest_minutes": 15, "whatsapp_opted_out": true})");

    const auto wish = parse_settings(body, event_types).value();

    EXPECT_THAT(wish.settings.channels_off, ElementsAre("push"));
    EXPECT_TRUE(wish.whatsapp_on);
    EXPECT_THAT(wish.settings.muted, ElementsAre("lead.*", "order.created"));
    EXPECT_EQ(wish.settings.quiet->timezone, "Asia/Kolkata");
    EXPECT_EQ(wish.settings.language, "fr-CM");
    EXPECT_EQ(wish.settings.digest_minutes, 15);
    EXPECT_FALSE(wish.settings.opted_out) << "that is not set here";
}

TEST(ParseSettings, EverythingWrongIsTold) {
    const std::pair<const char*, const char*> rows[] = {
        {R"({"channels": {"pigeon": true}})", "channels.pigeon"},
        {R"({"channels": {"push": "yes"}})", "channels.push"},
        {R"({"channels": []})", "channels"},
        {R"({"muted": "lead.*"})", "muted"},
        {R"({"muted": ["lead.created", "pigeon.*"]})", "muted.1"},
        {R"({"muted": ["*"]})", "muted.0"},
        {R"({"muted": [5]})", "muted.0"},
        {R"({"quiet_hours": {"from": "22:00"}})", "quiet_hours.to"},
        {R"({"quiet_hours": {"from": "24:00", "to": "07:00"}})", "quiet_hours.from"},
        {R"({"quiet_hours": {"from": "22:00", "to": "7:00"}})", "quiet_hours.to"},
        {R"({"quiet_hours": {"from": "22:00", "to": "07:60"}})", "quiet_hours.to"},
        {R"({"quiet_hours": {"from": "22:00", "to": "07:00", "zone": "UTC"}})", "quiet_hours.zone"},
        {R"({"language": "English"})", "language"},
        {R"({"digest_minutes": 0})", "digest_minutes"},
        {R"({"digest_minutes": 1441})", "digest_minutes"},
        {R"({"colour": "red"})", "colour"},
    };
    for (const auto& [body, field] : rows)
        EXPECT_THAT(faults(parse_settings(Json::parse(body), event_types)), ElementsAre(field)) << body;
}

TEST(ParseTemplate, ContentIsEnough) {
    const auto change = parse_template_change("new_lead", {{"content", "Hi"}}).value();
    EXPECT_FALSE(change.channel);
    EXPECT_EQ(change.language, "en");
    EXPECT_FALSE(change.options);
}

TEST(ParseTemplate, EverythingWrongIsTold) {
    const std::pair<const char*, const char*> rows[] = {
        {R"({})", "content"},
        {R"({"content": ""})", "content"},
        {R"({"content": "x", "channel": "pigeon"})", "channel"},
        {R"({"content": "x", "language": "e"})", "language"},
        {R"({"content": "x", "language": "en_US"})", "language"},
        {R"({"content": "x", "options": []})", "options"},
        {R"({"content": "x", "active": 1})", "active"},
        {R"({"content": "x", "contents": "y"})", "contents"},
    };
    for (const auto& [body, field] : rows)
        EXPECT_THAT(faults(parse_template_change("new_lead", Json::parse(body))), ElementsAre(field)) << body;
    for (const auto* type : {"New", "new lead", "1st", "", "a.b"})
        EXPECT_THAT(faults(parse_template_change(type, {{"content", "x"}})), ElementsAre("type")) << type;
}

TEST(ParseLanguage, IsATag) {
    for (const auto* good : {"en", "fr-CM", "zh-Hant-TW", "fil"}) EXPECT_TRUE(is_language(good)) << good;
    for (const auto* bad : {"", "e", "EN", "en-", "en_US", "english", "en-a"})
        EXPECT_FALSE(is_language(bad)) << bad;
}

TEST(EventCursor, ComesBackAsItWent) {
    notify::EventPosition position;
    position.below = "msg_5";
    position.feed_ends = true;

    const auto back = event_position_of(to_json(position)).value();

    EXPECT_EQ(back.below, "msg_5");
    EXPECT_FALSE(back.messages_end);
    EXPECT_TRUE(back.feed_ends);
    EXPECT_FALSE(event_position_of(nullptr)->messages_end);
    for (const auto* odd : {"5", "{}", R"({"messages": 5, "feed": null})",
                            R"({"messages": null, "feed": ["a"]})", R"({"messages": null, "feed": [1, 2]})"})
        EXPECT_FALSE(event_position_of(Json::parse(odd))) << odd;
}

}  // namespace
}  // namespace carillon::admin
