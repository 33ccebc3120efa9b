#include <ostream>

#include "integration/business/users/fixture.hpp"

namespace carillon::business {
namespace {

using namespace std::chrono_literals;
using test::Call;

class DevicesTest : public UsersTest {
protected:
    void SetUp() override {
        UsersTest::SetUp();
        create("ada");
        create("ben");
    }
    std::string device_of(const std::string& user, const Json& body) {
        const auto reply = api().post("/api/users/" + user + "/devices", body);
        EXPECT_TRUE(reply.status == 200 || reply.status == 201) << reply.body;
        return reply.json()["id"];
    }
    Json devices_of(const std::string& user) {
        return api().get("/api/users/" + user + "/devices").json()["devices"];
    }
};

const Json phone = {
    {"fcm_token", "a-long-token-of-a-phone"}, {"platform", "android"}, {"app_version", "1.0"}};

TEST_F(DevicesTest, ADeviceIsRegisteredAndShownWithoutItsToken) {
    const auto reply = api().post("/api/users/ada/devices", phone);

    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.json()["id"].get<std::string>().rfind("dev_", 0), 0U);
    const Json expected = {{"id", reply.json()["id"]},
                           {"platform", "android"},
                           {"app_version", "1.0"},
                           {"token_tail", "-phone"},
                           {"created_at", "2026-11-21T07:30:00Z"},
                           {"last_seen_at", "2026-11-21T07:30:00Z"}};
    EXPECT_EQ(reply.json(), expected);
    EXPECT_EQ(devices_of("ada"), Json::array({expected}));
}

TEST_F(DevicesTest, AShortTokenIsNotShownWhole) {
    EXPECT_EQ(api().post("/api/users/ada/devices", {{"fcm_token", "abcd"}}).json()["token_tail"], "cd");
}

TEST_F(DevicesTest, ADeviceThatComesAgainIsTheSameOne) {
    const auto id = device_of("ada", phone);
    pass(60s);

    const auto reply =
        api().post("/api/users/ada/devices", {{"fcm_token", phone["fcm_token"]}, {"app_version", "1.1"}});

    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.json()["id"], id);
    EXPECT_EQ(reply.json()["platform"], "android");
    EXPECT_EQ(reply.json()["app_version"], "1.1");
    EXPECT_EQ(reply.json()["created_at"], "2026-11-21T07:30:00Z");
    EXPECT_EQ(reply.json()["last_seen_at"], "2026-11-21T07:31:00Z");
}

TEST_F(DevicesTest, ATokenThatMovesToAnotherUserIsTheirsAsANewDevice) {
    const auto id = device_of("ada", phone);
    pass(60s);

    const auto reply = api().post("/api/users/ben/devices", {{"fcm_token", phone["fcm_token"]}});

    EXPECT_EQ(reply.status, 201);
    EXPECT_NE(reply.json()["id"], id);
    EXPECT_EQ(reply.json()["platform"], nullptr);
    EXPECT_EQ(reply.json()["created_at"], "2026-11-21T07:31:00Z");
    EXPECT_EQ(devices_of("ada"), Json::array());
    EXPECT_EQ(devices_of("ben").size(), 1U);
}

TEST_F(DevicesTest, ATokenAndAnInstallationIdOfTheSameTextAreTwoDevices) {
    device_of("ada", {{"fcm_token", "same-text"}});
    device_of("ada", {{"fid", "same-text"}});

    EXPECT_EQ(devices_of("ada").size(), 2U);
}

TEST_F(DevicesTest, BeyondFiftyTheOneNotSeenLongestGoes) {
    for (int i = 0; i < 50; ++i) {
        device_of("ada", {{"fcm_token", "token-" + std::to_string(i)}});
        pass(1s);
    }
    device_of("ada", {{"fcm_token", "token-0"}});  // seen again: now the second is the oldest
    device_of("ben", {{"fcm_token", "of-ben"}});

    device_of("ada", {{"fcm_token", "token-50"}});

    EXPECT_EQ(devices_of("ada").size(), 50U);
    EXPECT_EQ(own().value("SELECT count(*) FROM devices WHERE token = 'token-0'"), "1");
    EXPECT_EQ(own().value("SELECT count(*) FROM devices WHERE token = 'token-1'"), "0");
    EXPECT_EQ(own().value("SELECT count(*) FROM devices WHERE token = 'token-50'"), "1");
    EXPECT_EQ(devices_of("ben").size(), 1U);
}

TEST_F(DevicesTest, ManyAtOnceStayWithinTheLimit) {
    std::vector<Call> calls;
    for (int i = 0; i < 60; ++i) {
        const Json body = {{"fcm_token", "token-" + std::to_string(i)}};
        calls.push_back({Method::post, "/api/users/ada/devices", body.dump(), {}, "application/json", {}});
    }

    for (const auto& reply : api().send_all(calls)) EXPECT_EQ(reply.status, 201) << reply.body;

    EXPECT_EQ(own().value("SELECT count(*) FROM devices"), "50");
}

TEST_F(DevicesTest, TheOneSeenLastIsListedFirst) {
    const auto first = device_of("ada", {{"fcm_token", "one"}});
    pass(1s);
    const auto second = device_of("ada", {{"fcm_token", "two"}});
    EXPECT_EQ(devices_of("ada")[0]["id"], second);
    pass(1s);

    device_of("ada", {{"fcm_token", "one"}});

    EXPECT_EQ(devices_of("ada")[0]["id"], first);
}

TEST_F(DevicesTest, OneIsRemovedAndTheOthersStay) {
    const auto one = device_of("ada", {{"fcm_token", "one"}});
    const auto two = device_of("ada", {{"fcm_token", "two"}});

    EXPECT_EQ(api().remove("/api/users/ada/devices/" + one).status, 204);
    EXPECT_EQ(api().remove("/api/users/ada/devices/" + one).status, 404);

    ASSERT_EQ(devices_of("ada").size(), 1U);
    EXPECT_EQ(devices_of("ada")[0]["id"], two);
}

TEST_F(DevicesTest, AllAreRemoved) {
    device_of("ada", {{"fcm_token", "one"}});
    device_of("ada", {{"fcm_token", "two"}});
    device_of("ben", {{"fcm_token", "three"}});

    EXPECT_EQ(api().remove("/api/users/ada/devices").status, 204);
    EXPECT_EQ(api().remove("/api/users/ada/devices").status, 204);

    EXPECT_EQ(devices_of("ada"), Json::array());
    EXPECT_EQ(devices_of("ben").size(), 1U);
}

TEST_F(DevicesTest, AnUnknownUserHasNone) {
    EXPECT_EQ(api().get("/api/users/nobody/devices").status, 404);
    EXPECT_EQ(api().post("/api/users/nobody/devices", phone).status, 404);
    EXPECT_EQ(api().remove("/api/users/nobody/devices").status, 404);
    EXPECT_EQ(api().remove("/api/users/nobody/devices/dev_1").status, 404);
}

TEST_F(DevicesTest, NobodyTouchesTheDevicesOfAnother) {
    const auto id = device_of("ben", phone);
    api().sign_in("ada", Role::customer);

    EXPECT_EQ(api().get("/api/users/ben/devices").status, 403);
    EXPECT_EQ(api().post("/api/users/ben/devices", phone).status, 403);
    EXPECT_EQ(api().remove("/api/users/ben/devices").status, 403);
    EXPECT_EQ(api().remove("/api/users/ben/devices/" + id).status, 403);
    EXPECT_EQ(api().remove("/api/users/ada/devices/" + id).status, 404);
    EXPECT_EQ(own().value("SELECT count(*) FROM devices"), "1");
}

TEST_F(DevicesTest, AUserRegistersTheirOwn) {
    api().sign_in("ada", Role::customer);

    EXPECT_EQ(api().post("/api/users/ada/devices", phone).status, 201);
    EXPECT_EQ(devices_of("ada").size(), 1U);
    EXPECT_EQ(api().remove("/api/users/ada/devices").status, 204);
}

TEST_F(DevicesTest, ARepeatWithTheSameKeyGetsTheFirstAnswer) {
    const Call call{Method::post, "/api/users/ada/devices", phone.dump(),
                    {},           "application/json",       {{"Idempotency-Key", "one"}}};

    const auto first = api().send(call);
    const auto second = api().send(call);

    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
}

TEST_F(DevicesTest, ABadRegistrationIsRefused) {
    EXPECT_EQ(api().post("/api/users/ada/devices", Json::object()).status, 422);
    EXPECT_EQ(api().post("/api/users/ada/devices", {{"fid", "a"}, {"platform", "pager"}}).status, 422);
    EXPECT_EQ(devices_of("ada"), Json::array());
}

}  // namespace
}  // namespace carillon::business
