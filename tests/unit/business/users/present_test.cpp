#include "business/users/present.hpp"

#include <gtest/gtest.h>

#include <carillon/json.hpp>

namespace carillon::business::users {
namespace {

const Time half_past_seven = parse_rfc3339("2026-11-21T07:30:00Z").value();

TEST(PresentUser, ShowsEveryFieldAndNullForNone) {
    User user;
    user.id = UserId{"a\"d\\a"};
    user.name = "Ada";
    user.phone = "+237691924173";
    user.created_at = half_past_seven;
    user.updated_at = half_past_seven + std::chrono::microseconds{1500};

    const auto answer = user_answer(201, user);

    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.content_type, json_type);
    EXPECT_EQ(Json::parse(answer.body), Json::parse(R"({"id":"a\"d\\a","name":"Ada","phone":"+237691924173",
        "email":null,"role":"customer","locale":null,"timezone":null,"area":null,
        "created_at":"2026-11-21T07:30:00Z","updated_at":"2026-11-21T07:30:00.001500Z"})"));
}

TEST(PresentUser, ListsNoneOneAndMany) {
    User user;
    user.id = UserId{"ada"};

    EXPECT_EQ(user_list_answer({}, std::nullopt).body, R"({"users":[],"next_cursor":null})");
    EXPECT_EQ(Json::parse(user_list_answer({user}, "on").body)["next_cursor"], "on");
    EXPECT_EQ(Json::parse(user_list_answer({user, user}, "on").body)["users"].size(), 2U);
}

TEST(PresentUser, WritesAnIdIntoAPathAsOneSegment) {
    EXPECT_EQ(path_of(UserId{"usr_0-9.~"}), "/api/users/usr_0-9.~");
    EXPECT_EQ(path_of(UserId{"a b?%\xC3\xA9"}), "/api/users/a%20b%3F%25%C3%A9");
}

TEST(PresentDevice, ShowsTheTailOfTheTokenOnly) {
    Device device;
    device.id = DeviceId{"dev_1"};
    device.token_tail = "abcdef";
    device.platform = "ios";
    device.created_at = half_past_seven;
    device.last_seen_at = half_past_seven;

    EXPECT_EQ(device_answer(200, device).body,
              R"({"id":"dev_1","platform":"ios","app_version":null,"token_tail":"abcdef",)"
              R"("created_at":"2026-11-21T07:30:00Z","last_seen_at":"2026-11-21T07:30:00Z"})");
    EXPECT_EQ(device_list_answer({}).body, R"({"devices":[]})");
}

}  // namespace
}  // namespace carillon::business::users
