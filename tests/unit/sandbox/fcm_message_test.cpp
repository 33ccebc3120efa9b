#include "sandbox/fcm_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/proto_shape.hpp"

namespace carillon::sandbox {
namespace {

using testing::HasSubstr;

std::variant<PushMessage, Response> read(const Json& message) {
    return read_push(to_text(Json{{"message", message}}));
}

// The error FCM answers with, null when it takes the message.
Json refusal(const Json& message) {
    const auto answer = read(message);
    const auto* response = std::get_if<Response>(&answer);
    return response ? Json::parse(response->body).at("error") : Json{};
}

// A message to "t" with more in it.
Json with(Json more) {
    more["token"] = "t";
    return more;
}

Json details_of(const Json& error, std::string_view type) {
    for (const auto& detail : error.value("details", Json::array()))
        if (detail.at("@type").get<std::string>().ends_with(type)) return detail;
    return {};
}

TEST(FcmMessage, MayUseEverythingTheDocumentationNames) {
    const auto message = Json::parse(R"({
        "token": "t", "data": {"a": "b"}, "fcm_options": {"analytics_label": "l"},
        "notification": {"title": "t", "body": "b", "image": "https://e.com/i.png"},
        "android": {"collapse_key": "c", "priority": "HIGH", "ttl": "3.000000001s", "data": {"k": "v"},
                    "restricted_package_name": "p", "direct_boot_ok": true,
                    "notification": {"icon": "i", "color": "#aabbcc", "tag": "g", "title_loc_args": ["x"],
                                     "event_time": "2026-11-21T07:30:00Z", "notification_count": 3,
                                     "notification_priority": "PRIORITY_HIGH", "visibility": "PRIVATE",
                                     "vibrate_timings": ["0.5s", "1s"],
                                     "light_settings": {"color": {"red": 1, "alpha": 0.5},
                                                        "light_on_duration": "1s"}}},
        "apns": {"headers": {"apns-priority": "10"}, "payload": {"aps": {"alert": {"title": "x"}, "badge": 1}, "own": 2},
                 "fcm_options": {"image": "i"}},
        "webpush": {"headers": {"TTL": "60"}, "data": {"a": "b"}, "notification": {"any": [1]},
                    "fcm_options": {"link": "https://e.com"}}})");

    EXPECT_EQ(refusal(message), Json{});
}

TEST(FcmMessage, TakesNamesInEitherSpelling) {
    const auto answer = read_push(R"({"validateOnly":true,"message":{"token":"t","android":{"collapseKey":"c",
        "notification":{"channelId":"x","bodyLocArgs":["a"]}},"apns":{"liveActivityToken":"l"}}})");

    const auto* push = std::get_if<PushMessage>(&answer);
    ASSERT_NE(push, nullptr);
    EXPECT_TRUE(push->validate_only);
    EXPECT_EQ(push->message.at("android").at("notification").at("channel_id"), "x");
    EXPECT_EQ(push->collapse_key(), "c");
}

TEST(FcmMessage, HasNothingUnknownInIt) {
    const auto error = refusal(with({{"android", {{"colapse_key", "c"}}}}));

    EXPECT_EQ(error.at("code"), 400);
    EXPECT_EQ(error.at("status"), "INVALID_ARGUMENT");
    EXPECT_EQ(error.at("message"),
              "Invalid JSON payload received. Unknown name \"colapse_key\" at 'message.android': Cannot find "
              "field.");
    EXPECT_EQ(details_of(error, "BadRequest").at("fieldViolations").at(0).at("field"), "message.android");
    EXPECT_EQ(details_of(error, "FcmError"), Json{});
}

TEST(FcmMessage, CarriesTextsOnlyAsData) {
    for (const auto& value : {Json(12), Json(true), Json(nullptr), Json::object()}) {
        const auto error = refusal(with({{"data", {{"k", value}}}}));
        EXPECT_EQ(error.value("message", ""),
                  "Invalid value at 'message.data[0].value' (TYPE_STRING), " + to_text(value));
        EXPECT_NE(details_of(error, "BadRequest"), Json{});
    }
    EXPECT_EQ(refusal(with({{"data", {{"k", "12"}}}})), Json{});
}

struct Wrong {
    Json message;
    const char* field;
};

TEST(FcmMessage, HasEveryValueOfItsType) {
    const Wrong rows[] = {
        {with({{"notification", "text"}}), "message.notification"},
        {with({{"notification", {{"title", 1}}}}), "message.notification.title"},
        {with({{"android", {{"ttl", 3600}}}}), "message.android.ttl"},
        {with({{"android", {{"ttl", "3600"}}}}), "message.android.ttl"},
        {with({{"android", {{"ttl", "1.0000000001s"}}}}), "message.android.ttl"},
        {with({{"android", {{"priority", "urgent"}}}}), "message.android.priority"},
        {with({{"android", {{"direct_boot_ok", "yes"}}}}), "message.android.direct_boot_ok"},
        {with({{"android", {{"notification", {{"event_time", "soon"}}}}}}),
         "message.android.notification.event_time"},
        {with({{"android", {{"notification", {{"vibrate_timings", {"1s", 2}}}}}}}),
         "message.android.notification.vibrate_timings[1]"},
        {with({{"apns", {{"headers", {{"apns-priority", 10}}}}}}), "message.apns.headers[0].value"},
        {with({{"apns", {{"payload", "x"}}}}), "message.apns.payload"},
    };
    for (const auto& row : rows) {
        const auto error = refusal(row.message);
        ASSERT_NE(error, Json{}) << row.field;
        EXPECT_EQ(details_of(error, "BadRequest").at("fieldViolations").at(0).at("field"), row.field);
        EXPECT_EQ(details_of(error, "FcmError"), Json{}) << row.field;
    }
}

TEST(FcmMessage, IsHeldToFcmsOwnRulesToo) {
    const Wrong rows[] = {
        {{{"data", {{"a", "b"}}}}, "message"},
        {{{"token", "t"}, {"topic", "x"}}, "message"},
        {{{"token", ""}}, "message.token"},
        {{{"token", "a b"}}, "message.token"},
        {{{"topic", "/topics/x"}}, "message.topic"},
        {{{"condition", "a in topics"}}, "message.condition"},
        {{{"condition",
           "'a' in topics || 'b' in topics || 'c' in topics || 'd' in topics || 'e' in topics || "
           "'f' in topics"}},
         "message.condition"},
        {with({{"data", {{"from", "x"}}}}), "message.data"},
        {with({{"data", {{"google.x", "x"}}}}), "message.data"},
        {with({{"android", {{"data", {{"gcm_x", "x"}}}}}}), "message.android.data"},
        {with({{"android", {{"ttl", "2419201s"}}}}), "message.android.ttl"},
        {with({{"android", {{"ttl", "-1s"}}}}), "message.android.ttl"},
        {with({{"webpush", {{"fcm_options", {{"link", "http://e.com"}}}}}}),
         "message.webpush.fcm_options.link"},
    };
    for (const auto& row : rows) {
        const auto error = refusal(row.message);
        ASSERT_NE(error, Json{}) << row.message;
        EXPECT_EQ(details_of(error, "FcmError").value("errorCode", ""), "INVALID_ARGUMENT") << row.message;
        EXPECT_EQ(details_of(error, "BadRequest").at("fieldViolations").at(0).at("field"), row.field);
    }
    EXPECT_EQ(refusal(with({{"android", {{"ttl", "2419200s"}}}})), Json{});
    EXPECT_EQ(refusal(with({{"data", {{"collapse_key", "tolerated"}}}})), Json{});
    EXPECT_EQ(refusal({{"condition", "'a' in topics && ('b' in topics || 'c' in topics)"}}), Json{});
    EXPECT_EQ(refusal({{"fid", "an-installation"}}), Json{});
}

TEST(FcmMessage, IsAtMostFourKilobytes) {
    const auto sized = [](std::size_t bytes) { return Json{{"k", std::string(bytes - 1, 'x')}}; };
    EXPECT_EQ(refusal(with({{"data", sized(4096)}})), Json{});
    const auto error = refusal(with({{"data", sized(4097)}}));
    EXPECT_THAT(error.at("message").get<std::string>(), HasSubstr("too big"));
    EXPECT_FALSE(error.contains("details"));

    EXPECT_EQ(refusal({{"topic", "x"}, {"data", sized(2048)}}), Json{});
    EXPECT_NE(refusal({{"topic", "x"}, {"data", sized(2049)}}), Json{});
}

TEST(FcmMessage, ThatIsNoJsonIsRefusedInTheSameEnvelope) {
    const auto answer = read_push("{\"message\":");

    const auto& response = std::get<Response>(answer);
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("Invalid JSON payload received."));
    EXPECT_NE(refusal(Json(nullptr)), Json{});
}

TEST(FcmMessage, IsCollapsedByWhatTheDeviceWouldCollapseItBy) {
    const auto key_of = [](const Json& more) {
        return std::get<PushMessage>(read(with(more))).collapse_key();
    };

    EXPECT_EQ(key_of(Json::object()), "");
    EXPECT_EQ(key_of({{"android", {{"collapse_key", "c"}}}}), "c");
    EXPECT_EQ(key_of({{"android", {{"collapse_key", "c"}, {"notification", {{"tag", "t"}}}}}}), "t");
    EXPECT_EQ(key_of({{"apns", {{"headers", {{"apns-collapse-id", "a"}}}}}}), "a");
    EXPECT_EQ(key_of({{"webpush", {{"headers", {{"Topic", "w"}}}}}}), "w");
}

TEST(FcmMessage, ShowsOnAndroidWhatAndroidWasTold) {
    const auto push = std::get<PushMessage>(
        read(with({{"notification", {{"title", "all"}, {"body", "all"}}},
                   {"data", {{"a", "1"}, {"b", "1"}}},
                   {"android", {{"notification", {{"title", "android"}}}, {"data", {{"b", "2"}}}}}})));

    EXPECT_EQ(push.shown_text("title"), "android");
    EXPECT_EQ(push.shown_text("body"), "all");
    EXPECT_EQ(push.data(), (Json{{"a", "1"}, {"b", "2"}}));
}

TEST(Duration, IsSecondsWithAnS) {
    EXPECT_EQ(duration_seconds("3s"), 3);
    EXPECT_EQ(duration_seconds("0.5s"), 0.5);
    EXPECT_EQ(duration_seconds("-1s"), -1);
    for (const auto* text : {"", "s", "3", "3m", ".5s", "3.s", "1.0000000001s", "1e3s", "+1s", " 1s"})
        EXPECT_EQ(duration_seconds(text), std::nullopt) << text;
}

}  // namespace
}  // namespace carillon::sandbox
