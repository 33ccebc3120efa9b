#include "channels/fcm.hpp"

#include <gmock/gmock.h>

#include <boost/asio/use_future.hpp>
#include <set>

#include "integration/channels/bench.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;
using test::a_message;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto not_found = "Requested entity was not found.";

class FcmTest : public testing::Test {
protected:
    FcmTest() {
        bench.imposter.when(token_path).reply(200, token_body());
        start(bench.fcm_settings());
    }
    void start(FcmSettings settings) { fcm.emplace(bench.client, std::move(settings), bench.clock()); }
    Outcome send(const Message& message) { return bench.run(fcm->send(message)); }
    Outcome send() { return send(a_message()); }
    // One whose devices have the tokens "a", "b", … which stand for themselves in the bodies.
    static Message to(const std::string& tokens) {
        auto message = a_message();
        message.targets.clear();
        for (const char token : tokens)
            message.targets.push_back({DeviceId{std::string{"dev_"} + token}, "token", name(token)});
        return message;
    }
    static std::string name(char token) { return std::string{"token-of-device-"} + token; }
    test::Imposter::Script device(char token) { return bench.imposter.when(fcm_path, name(token)); }
    test::Imposter::Script everyone() { return bench.imposter.when(fcm_path); }
    std::vector<test::Imposter::Request> calls() { return bench.imposter.requests(fcm_path); }

    Bench bench;
    std::optional<Fcm> fcm;
};

TEST_F(FcmTest, SendsTheMessageWithItsToken) {
    everyone().reply(200, fcm_name("0:1%2"));

    const auto outcome = send();

    EXPECT_EQ(std::get<Accepted>(outcome.verdict).provider_message_id,
              "projects/carillon-test/messages/0:1%2");
    EXPECT_EQ(outcome.answer, Json::parse(R"({"status": 200})"));
    const auto call = calls().at(0);
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.header("authorization"), std::string{"Bearer "} + access_token);
    EXPECT_EQ(call.header("content-type"), "application/json");
    EXPECT_EQ(call.json()["message"]["token"], "token-of-the-first-device");
}

TEST_F(FcmTest, ReachesEveryDeviceAtOnce) {
    everyone().hangs();
    const auto message = to("abc");
    auto sending = asio::co_spawn(bench.io, fcm->send(message), asio::use_future);
    const auto all_are_asked = [this] {
        bench.io.poll();
        return calls().size() == 3;
    };

    EXPECT_TRUE(test::eventually(all_are_asked)) << "though none has answered";

    bench.client.stop();
    EXPECT_TRUE(std::holds_alternative<Retry>(test::finish_on_loop(bench.io, sending).verdict));
}

TEST_F(FcmTest, KeepsWhatIsDoneWhenAnotherDeviceIsSilent) {
    auto settings = bench.fcm_settings();
    settings.timeout = 500ms;
    start(settings);
    device('a').hangs();
    device('b').reply(200, fcm_name("b"));

    const auto outcome = send(to("ab"));

    EXPECT_EQ(outcome.progress, R"({"done":["dev_b"],"name":"projects/carillon-test/messages/b"})");
    EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, Reason::timed_out);
}

TEST_F(FcmTest, DoesNotCallADeviceThatHasIt) {
    device('a').reply(200, fcm_name("a"));
    device('b').reply(503).reply(200, fcm_name("b"));
    auto message = to("ab");
    message.progress = send(message).progress;
    ASSERT_NE(message.progress, "");

    const auto outcome = send(message);

    EXPECT_EQ(std::get<Accepted>(outcome.verdict).provider_message_id, "projects/carillon-test/messages/a");
    ASSERT_EQ(calls().size(), 3U);
    EXPECT_EQ(calls()[2].json()["message"]["token"], name('b'));
}

TEST_F(FcmTest, NeedsNoCallWhenOnlyThoseWhoHaveItAreLeft) {
    auto message = to("a");
    message.progress = R"({"done":["dev_a","dev_z"],"name":"m-1"})";

    EXPECT_EQ(std::get<Accepted>(send(message).verdict).provider_message_id, "m-1");
    EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(FcmTest, KeepsItsProgressWhenThereIsNoToken) {
    bench.imposter.when(token_path).reply(400, R"({"error": "invalid_grant"})");
    auto message = to("ab");
    message.progress = R"({"done":["dev_a"]})";

    const auto outcome = send(message);

    EXPECT_EQ(outcome.progress, message.progress);
    EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, Reason::credentials_refused);
    EXPECT_FALSE(std::get<Retry>(outcome.verdict).spends_attempt);
    EXPECT_EQ(outcome.pause, 300s);
    EXPECT_EQ(outcome.answer, Json::parse(R"({"from": "oauth", "status": 400, "code": "invalid_grant"})"));
}

TEST_F(FcmTest, RemovesADeviceThatIsGone) {
    device('a').reply(404, fcm_error("NOT_FOUND", "UNREGISTERED", not_found));
    device('b').reply(200, fcm_name("b"));

    const auto outcome = send(to("ab"));

    EXPECT_TRUE(std::holds_alternative<Accepted>(outcome.verdict));
    EXPECT_THAT(outcome.unregistered, ElementsAre(DeviceId{"dev_a"}));
    EXPECT_THAT(outcome.unusable, IsEmpty());
}

TEST_F(FcmTest, RemovesNobodyForAWrongAddress) {
    for (const auto& body : {std::string{"<html>"}, fcm_error("NOT_FOUND", "", "No such project")}) {
        everyone().reply(404, body);

        const auto outcome = send();

        EXPECT_THAT(outcome.unregistered, IsEmpty());
        EXPECT_TRUE(std::holds_alternative<Retry>(outcome.verdict));
        EXPECT_EQ(outcome.pause, 300s);
    }
}

TEST_F(FcmTest, BlamesTheTokenOnlyWhenTheMessageIsKnownToBeRight) {
    const auto complaint = fcm_error("INVALID_ARGUMENT", "INVALID_ARGUMENT",
                                     "The registration token is not a valid FCM registration token");
    device('a').reply(400, complaint);
    device('b').reply(200, fcm_name("b"));

    const auto before = send(to("a"));
    EXPECT_EQ(std::get<Reject>(before.verdict).reason, Reason::invalid_request);
    EXPECT_THAT(before.unregistered, IsEmpty());

    const auto together = send(to("ab"));
    EXPECT_THAT(together.unregistered, ElementsAre(DeviceId{"dev_a"})) << "its neighbour proves the message";
}

TEST_F(FcmTest, FlagsADeviceOfAnotherProject) {
    everyone().reply(403, fcm_error("PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch"));

    const auto outcome = send();

    EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, Reason::sender_mismatch);
    EXPECT_THAT(outcome.unusable, ElementsAre(DeviceId{"dev_1"}));
    EXPECT_THAT(outcome.unregistered, IsEmpty());
    EXPECT_FALSE(outcome.pause);
    EXPECT_EQ(
        outcome.answer,
        Json::parse(R"({"status": 403, "code": "SENDER_ID_MISMATCH", "message": "SenderId mismatch"})"));
}

TEST_F(FcmTest, LeavesTheChannelOpenWhenOnlyApplesKeyIsWrong) {
    everyone().reply(401, fcm_error("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR", "Auth error from APNS"));

    const auto outcome = send();

    EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, Reason::third_party_credentials);
    EXPECT_FALSE(outcome.pause);
    EXPECT_EQ(calls().size(), 1U);
}

TEST_F(FcmTest, FetchesAnotherTokenWhenTheFirstIsRefused) {
    bench.imposter.when(token_path).reply(200, token_body("old")).reply(200, token_body("new"));
    everyone().reply(401, fcm_error("UNAUTHENTICATED", "", "expired")).reply(200, fcm_name("m"));

    EXPECT_TRUE(std::holds_alternative<Accepted>(send().verdict));

    ASSERT_EQ(calls().size(), 2U);
    EXPECT_EQ(calls()[0].header("authorization"), "Bearer old");
    EXPECT_EQ(calls()[1].header("authorization"), "Bearer new");
}

TEST_F(FcmTest, FetchesOneTokenForAllDevicesThatWereRefused) {
    const auto refusal = fcm_error("UNAUTHENTICATED", "", "expired");
    bench.imposter.when(token_path).reply(200, token_body("old")).reply(200, token_body("new"));
    for (const char token : {'a', 'b', 'c'})
        device(token).reply(401, refusal).reply(200, fcm_name(std::string{token}));

    EXPECT_TRUE(std::holds_alternative<Accepted>(send(to("abc")).verdict));

    EXPECT_EQ(bench.imposter.requests(token_path).size(), 2U);
    EXPECT_EQ(calls().size(), 6U);
}

TEST_F(FcmTest, RestsWhenEveryTokenIsRefused) {
    everyone().reply(401, fcm_error("UNAUTHENTICATED", "", "no"));

    const auto outcome = send();

    EXPECT_EQ(calls().size(), 2U);
    EXPECT_EQ(std::get<Retry>(outcome.verdict).reason, Reason::credentials_refused);
    EXPECT_EQ(outcome.pause, 300s);
}

TEST_F(FcmTest, WaitsAsLongAsGoogleAsks) {
    everyone().reply(429);
    EXPECT_EQ(std::get<Retry>(send().verdict).after, 60s);

    everyone().reply(503, "", {{"Retry-After", "120"}});
    EXPECT_EQ(std::get<Retry>(send().verdict).after, 120s);

    everyone().reply(503);
    EXPECT_EQ(std::get<Retry>(send().verdict).after, std::nullopt) << "as the policy has it";
}

TEST_F(FcmTest, DoesNotEmptyTheTableWhenTheProjectIsWrong) {
    everyone().reply(404, fcm_error("NOT_FOUND", "UNREGISTERED", not_found));
    std::set<std::string> removed;
    std::optional<Outcome> last;
    for (char token = '!'; token < '!' + 40; ++token) {
        last = send(to(std::string{token}));
        for (const auto& device : last->unregistered) removed.insert(device.value());
    }

    EXPECT_EQ(removed.size(), 25U);
    EXPECT_EQ(std::get<Retry>(last->verdict).reason, Reason::provider_paused);
    EXPECT_FALSE(std::get<Retry>(last->verdict).spends_attempt);
    EXPECT_EQ(last->pause, 300s);
    EXPECT_EQ(last->unusable.size(), 1U);
}

TEST_F(FcmTest, SendsNothingThatIsTooLarge) {
    auto message = a_message();
    message.text = std::string(5'000, 'x');

    const auto outcome = send(message);

    EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, Reason::payload_too_large);
    EXPECT_GT(outcome.answer["bytes"], 5'000);
    EXPECT_EQ(outcome.answer["limit"], 4096);
    EXPECT_THAT(calls(), IsEmpty());
}

TEST_F(FcmTest, NeedsADevice) {
    EXPECT_EQ(std::get<Reject>(send(to("")).verdict).reason, Reason::no_device);
}

TEST_F(FcmTest, IsDisabledWithoutAnAccountOrAProject) {
    auto settings = bench.fcm_settings();
    settings.account->project_id.clear();
    start(settings);
    EXPECT_EQ(fcm->disabled(), "no Firebase project id");
    EXPECT_EQ(std::get<Reject>(send().verdict).reason, Reason::channel_disabled);

    settings.account.reset();
    start(settings);
    EXPECT_EQ(fcm->disabled(), "no Firebase service account key");
    EXPECT_EQ(std::get<Reject>(send().verdict).reason, Reason::channel_disabled);
}

TEST_F(FcmTest, PrefersTheConfiguredProject) {
    auto settings = bench.fcm_settings();
    settings.project_id = "another";
    start(settings);
    bench.imposter.when("/v1/projects/another/messages:send").reply(200, fcm_name("m"));

    EXPECT_TRUE(std::holds_alternative<Accepted>(send().verdict));
}

}  // namespace
}  // namespace carillon::channels
