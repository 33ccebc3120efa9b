#include "channels/fcm_payload.hpp"

#include <gtest/gtest.h>

#include "support/message.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;
using test::a_message;

const Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();

Json body_of(const Message& message) {
    return Json::parse(addressed_to(fcm_body(message, now), message.targets.front()));
}

TEST(FcmPayload, SaysAllThatTheTemplateSays) {
    auto message = a_message();
    message.content = Json::parse(R"({"title": "A lead for you", "priority": "normal", "ttl_seconds": 3600,
        "collapse_key": "leads", "data": {"lead_id": "42", "count": 3, "hot": true, "note": null}})");

    EXPECT_EQ(body_of(message), Json::parse(R"({"message": {
        "token": "token-of-the-first-device",
        "data": {"type": "new_lead", "id": "msg_0192f3", "event_id": "evt_0192f3", "seq": "7",
                 "lead_id": "42", "count": "3", "hot": "true"},
        "notification": {"title": "A lead for you", "body": "Priya asks about the corner flat."},
        "android": {"priority": "NORMAL", "ttl": "3600s", "collapse_key": "leads",
                    "notification": {"tag": "leads"}},
        "apns": {"headers": {"apns-priority": "5", "apns-push-type": "alert", "apns-collapse-id": "leads",
                             "apns-expiration": "1795249800"},
                 "payload": {"aps": {"alert": {"title": "A lead for you",
                                               "body": "Priya asks about the corner flat."},
                                     "sound": "default"}}},
        "webpush": {"headers": {"TTL": "3600", "Urgency": "normal"}}}})"));
}

TEST(FcmPayload, LeavesOutWhatIsNotSaid) {
    auto message = a_message();
    message.content = Json::object();
    message.feed_seq = 0;
    message.targets.front().kind = "fid";

    EXPECT_EQ(body_of(message), Json::parse(R"({"message": {
        "fid": "token-of-the-first-device",
        "data": {"type": "new_lead", "id": "msg_0192f3", "event_id": "evt_0192f3"},
        "notification": {"body": "Priya asks about the corner flat."},
        "android": {"priority": "HIGH", "notification": {"tag": "msg_0192f3"}},
        "apns": {"headers": {"apns-priority": "10", "apns-push-type": "alert", "apns-collapse-id": "msg_0192f3"},
                 "payload": {"aps": {"alert": {"body": "Priya asks about the corner flat."}, "sound": "default"}}},
        "webpush": {"headers": {"Urgency": "high"}}}})"));
}

TEST(FcmPayload, OursOverridesTheTemplates) {
    auto message = a_message();
    message.content["data"] = {{"id", "mine"}, {"type", "mine"}};

    const auto data = body_of(message)["message"]["data"];

    EXPECT_EQ(data["id"], "msg_0192f3");
    EXPECT_EQ(data["type"], "new_lead");
}

TEST(FcmPayload, LivesNoLongerThanItIsOfUse) {
    auto message = a_message();
    const auto ttl = [&message] { return body_of(message)["message"]["android"].value("ttl", "none"); };

    message.expires_at = now + 90s;
    EXPECT_EQ(ttl(), "90s");
    message.content["ttl_seconds"] = 30;
    EXPECT_EQ(ttl(), "30s");
    message.content["ttl_seconds"] = 900;
    EXPECT_EQ(ttl(), "90s");
    message.expires_at = now - 1s;
    EXPECT_EQ(ttl(), "0s");
    message.expires_at.reset();
    message.content["ttl_seconds"] = 99'000'000;
    EXPECT_EQ(ttl(), "2419200s");
}

TEST(FcmPayload, CutsApplesCollapseIdWhereACharacterEnds) {
    auto message = a_message();
    message.content["collapse_key"] = std::string(63, 'k') + "é";

    EXPECT_EQ(body_of(message)["message"]["apns"]["headers"]["apns-collapse-id"], std::string(63, 'k'));
}

TEST(FcmPayload, IsMeasuredBeforeItIsSent) {
    auto message = a_message();
    EXPECT_FALSE(oversize(message));
    const auto body = body_of(message)["message"];
    const auto rest =
        to_text(body["data"]).size() + to_text(body["notification"]).size() - message.text.size();

    message.text = std::string(fcm_own_limit - rest, 'x');
    EXPECT_FALSE(oversize(message));
    message.text += 'x';
    EXPECT_EQ(oversize(message), fcm_own_limit + 1);
}

TEST(FcmPayload, HasAShapeThatValuesDoNotChange) {
    auto message = a_message();
    const auto shape = [&message] { return shape_of(fcm_body(message, now), message.targets.front()); };
    const auto first = shape();

    message.text = "Something else";
    message.targets.front().value = "another token";
    EXPECT_EQ(shape(), first);

    message.content["data"] = {{"lead_id", "42"}};
    EXPECT_NE(shape(), first);
    message.content.erase("data");
    message.targets.front().kind = "fid";
    EXPECT_NE(shape(), first);
}

}  // namespace
}  // namespace carillon::channels
