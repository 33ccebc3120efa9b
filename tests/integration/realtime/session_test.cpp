// What a client says on its socket, and what it is answered.
#include "integration/realtime/hub_fixture.hpp"

namespace carillon::realtime {
namespace {

using testing::ElementsAre;

class SessionTest : public HubTest {
protected:
    // Waits for one more answer of that type.
    Json ask(const Client& client, const Json& message, std::string_view answer) {
        const auto before = client->count(answer);
        say(client, message);
        until([&] { return client->count(answer) > before; });
        return client->last(answer);
    }
    std::string code_of(const std::string& text) {
        const auto ada = open("ada");
        ada.session->received(text);
        until([&] { return ada->count("error") + ada->count("device_info_received") > 0; });
        return ada->last("error").is_null() ? "" : ada->last("error").at("code").get<std::string>();
    }
};

TEST_F(SessionTest, PingIsAnsweredWithWhatItCarried) {
    const auto ada = open("ada");
    EXPECT_EQ(ask(ada, {{"type", "ping"}, {"data", {{"n", 7}}}}, "pong"), (Json{{"n", 7}}));
    EXPECT_EQ(ask(ada, {{"type", "ping"}}, "pong"), Json::object());
}

TEST_F(SessionTest, EveryMessageHasItsFiveMembers) {
    const auto ada = open("ada");
    store_and_tell("ada", 1);
    for (const auto& message : ada->messages) {
        EXPECT_EQ(message.size(), 5U) << message;
        for (const auto* name : {"type", "id", "seq", "timestamp", "data"})
            EXPECT_TRUE(message.contains(name));
    }
    EXPECT_EQ(ada->messages.back().at("id"), "evt_1");
}

TEST_F(SessionTest, WhatIsWrongIsSaidWithACode) {
    EXPECT_EQ(code_of("{"), "malformed_json");
    EXPECT_EQ(code_of("[]"), "invalid_message");
    EXPECT_EQ(code_of(R"({"type":1})"), "invalid_message");
    EXPECT_EQ(code_of(R"({"type":"dance"})"), "unknown_type");
    EXPECT_EQ(code_of(R"({"type":"ping","data":[]})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"ping","extra":1})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"resume"})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"resume","data":{"last_seq":-1}})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"resume","data":{"last_seq":"1"}})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"ack","data":{"seq":1,"more":2}})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"mark_read","data":{}})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"mark_read","data":{"notification_id":"evt_none"}})"), "not_found");
    EXPECT_EQ(code_of(R"({"type":"fcm_token","data":{}})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"device_info","data":{"foreground":"yes"}})"), "invalid_field");
    EXPECT_EQ(code_of(R"({"type":"device_info","data":{"anything":{"at":"all"}}})"), "");
}

TEST_F(SessionTest, TwentyErrorsInARowClose) {
    const auto ada = open("ada");
    for (int i = 0; i < 19; ++i) ada.session->received("{");
    say(ada, {{"type", "ping"}});
    for (int i = 0; i < 19; ++i) ada.session->received("{");
    EXPECT_EQ(ada->closed, 0);
    ada.session->received("{");
    EXPECT_EQ(ada->closed, 1008);
}

TEST_F(SessionTest, WhatWasSaidBeforeTheGoodbyeIsDone) {
    const auto ada = open("ada");
    store_and_tell("ada", 2);
    say(ada, {{"type", "ack"}, {"data", {{"seq", 2}}}});
    say(ada, {{"type", "mark_read"}, {"data", {{"notification_id", "evt_1"}}}});
    ada.session->closed(1001);
    until([&] { return own().value("SELECT count(*) FROM feed WHERE read_at IS NOT NULL") == "1"; });
}

TEST_F(SessionTest, ATokenThatIsGoodForAgesEndsNothing) {
    Session::Start start;
    start.user = UserId{"ada"};
    start.expires = Time{std::chrono::seconds{253402300799}};
    const auto ada = connect(std::move(start));
    until([&] { return ada->count("connected") > 0; });
    ada.session->expired();  // as far as a clock could be set
    EXPECT_EQ(ada->closed, 0);
}

TEST_F(SessionTest, AFloodIsRefusedAndThenEnded) {
    const auto ada = open("ada");
    for (int i = 0; i < 200; ++i) say(ada, {{"type", "ping"}});
    EXPECT_EQ(ada->last("error").at("code"), "rate_limited");
    EXPECT_EQ(ada->closed, 1008);
}

TEST_F(SessionTest, WhoAsksAndDoesNotReadIsLetGo) {
    settings.queue_bytes = 1'000;
    rebuild();
    const auto ada = open("ada");
    ada->slow = true;
    for (int i = 0; i < 40; ++i) say(ada, {{"type", "ping"}});
    EXPECT_EQ(ada->closed, 1013);
}

TEST_F(SessionTest, AnAcknowledgementIsStoredForTheDevice) {
    const auto ada = open("ada");
    store_and_tell("ada", 5);
    ask(ada, {{"type", "device_info"}, {"data", {{"device_id", "phone"}}}}, "device_info_received");

    EXPECT_EQ(ask(ada, {{"type", "ack"}, {"data", {{"seq", 4}}}}, "acked"),
              (Json{{"seq", 4}, {"device", "phone"}}));

    EXPECT_EQ(own().value("SELECT acked_seq FROM feed_readers WHERE device = 'phone'"), "4");
    EXPECT_EQ(ask(ada, {{"type", "ack"}, {"data", {{"seq", 99}}}}, "acked").at("seq"), 5);
}

TEST_F(SessionTest, ManyAcknowledgementsAreOne) {
    const auto ada = open("ada");
    store_and_tell("ada", 50);
    for (int i = 1; i <= 50; ++i) say(ada, {{"type", "ack"}, {"data", {{"seq", i}}}});
    until([&] { return !ada->last("acked").is_null() && ada->last("acked").at("seq") == 50; });
    EXPECT_LE(ada->count("acked"), 3U);
}

TEST_F(SessionTest, ReadOnOneDeviceIsKnownToAll) {
    const auto phone = open("ada");
    const auto tablet = open("ada");
    store_and_tell("ada", 3);

    const Json read{{"notification_id", "evt_2"}, {"from_seq", 2}, {"to_seq", 2}, {"marked", 1}};
    EXPECT_EQ(ask(phone, {{"type", "mark_read"}, {"data", {{"notification_id", "evt_2"}}}}, "read"), read);

    EXPECT_EQ(tablet->last("read"), read);
    // Said again it is no news, but answered.
    EXPECT_EQ(
        ask(phone, {{"type", "mark_read"}, {"data", {{"notification_id", "evt_2"}}}}, "read").at("marked"),
        0);
    EXPECT_EQ(tablet->count("read"), 1U);
    // Whoever comes later sees it: out of memory, and out of the database.
    for (int i = 0; i < 2; ++i) {
        const auto later = open("ada", 0);
        std::vector<bool> marks;
        for (const auto& message : later->messages)
            if (!message.at("seq").is_null()) marks.push_back(message.contains("read"));
        EXPECT_THAT(marks, ElementsAre(false, true, false)) << i;
        rebuild();
    }
}

TEST_F(SessionTest, AllIsWhatThisClientWasTold) {
    const auto ada = open("ada");
    store_and_tell("ada", 3);
    store("ada", 1);  // it has not heard of this one

    const auto read = ask(ada, {{"type", "mark_read"}, {"data", {{"notification_id", "all"}}}}, "read");

    EXPECT_EQ(read.at("marked"), 3);
    EXPECT_EQ(own().value("SELECT count(*) FROM feed WHERE read_at IS NULL"), "1");
}

TEST_F(SessionTest, ADeviceIsRegistered) {
    const auto ada = open("ada");
    const auto answer =
        ask(ada, {{"type", "fcm_token"}, {"data", {{"fcm_token", "t"}}}}, "fcm_token_registered");
    EXPECT_EQ(answer, (Json{{"device_id", "dev_1"}, {"platform", nullptr}, {"created", true}}));
    EXPECT_THAT(devices.enrolled, ElementsAre("ada"));
}

TEST_F(SessionTest, WithoutTheDatabaseTheConnectionStays) {
    const auto ada = open("ada");
    devices.away = true;
    EXPECT_EQ(ask(ada, {{"type", "fcm_token"}, {"data", {{"fcm_token", "t"}}}}, "error").at("code"),
              "unavailable");
    EXPECT_EQ(ada->closed, 0);
}

TEST_F(SessionTest, AnAppOnScreenIsKnown) {
    const auto ada = open("ada");
    ask(ada, {{"type", "device_info"}, {"data", {{"device_id", "p"}, {"foreground", true}}}},
        "device_info_received");
    EXPECT_EQ(own().value("SELECT foreground_until > now() FROM feed_readers WHERE device = 'p'"), "t");
    ask(ada, {{"type", "device_info"}, {"data", {{"foreground", false}}}}, "device_info_received");
    EXPECT_EQ(own().value("SELECT foreground_until > now() FROM feed_readers WHERE device = 'p'"), "f");
}

TEST_F(SessionTest, TooManyRequestsWaitingAreRefused) {
    const auto ada = open("ada");
    for (int i = 0; i < 60; ++i)
        say(ada, {{"type", "mark_read"}, {"data", {{"notification_id", "evt_" + std::to_string(i)}}}});
    EXPECT_EQ(ada->last("error").at("code"), "rate_limited");
    settle();
}

}  // namespace
}  // namespace carillon::realtime
