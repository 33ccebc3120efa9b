#include "channels/fcm_devices.hpp"

#include <gmock/gmock.h>

#include "channels/verdicts.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;
using End = DeviceResult::End;
using testing::ElementsAre;
using testing::IsEmpty;

DeviceResult result(const char* device, End end, Reason reason = Reason::none) {
    DeviceResult one;
    one.device = DeviceId{device};
    one.end = end;
    one.reason = reason;
    one.answer = Json{{"said", device}};
    return one;
}
DeviceResult accepted(const char* device) {
    auto one = result(device, End::accepted);
    one.name = std::string{"message-to-"} + device;
    return one;
}
DeviceResult gone(const char* device) {
    return result(device, End::gone, Reason::unregistered);
}
DeviceResult refused(const char* device, Reason reason) {
    return result(device, End::refused, reason);
}
DeviceResult again(const char* device, Retry retry) {
    auto one = result(device, End::again, retry.reason);
    one.retry = retry;
    return one;
}

TEST(FcmDevices, OneThatTookItIsEnough) {
    const auto outcome = combine({gone("a"), accepted("b"), accepted("c")}, {});

    EXPECT_EQ(std::get<Accepted>(outcome.verdict).provider_message_id, "message-to-b");
    EXPECT_THAT(outcome.unregistered, ElementsAre(DeviceId{"a"}));
    EXPECT_EQ(outcome.progress, "");
}

TEST(FcmDevices, WhenAllAreGoneSoIsTheMessage) {
    const auto outcome = combine({gone("a"), gone("b")}, {});

    EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, Reason::unregistered);
    EXPECT_THAT(outcome.unregistered, ElementsAre(DeviceId{"a"}, DeviceId{"b"}));
}

TEST(FcmDevices, SaysTheReasonThatSomebodyCanMend) {
    const auto outcome =
        combine({gone("a"), refused("b", Reason::invalid_request),
                 refused("c", Reason::third_party_credentials), refused("d", Reason::sender_mismatch)},
                {});

    EXPECT_EQ(std::get<Reject>(outcome.verdict).reason, Reason::third_party_credentials);
}

TEST(FcmDevices, ATemporaryFailureKeepsWhatIsDone) {
    const auto outcome = combine(
        {accepted("a"), refused("b", Reason::sender_mismatch),
         again("c", failed(Reason::provider_error, 10s)), again("d", later(Reason::rate_limited, 60s))},
        {});

    const auto& retry = std::get<Retry>(outcome.verdict);
    EXPECT_EQ(retry.reason, Reason::provider_error);
    EXPECT_EQ(retry.after, 60s) << "the longest wish counts";
    EXPECT_TRUE(retry.counts_against_provider);
    EXPECT_TRUE(retry.spends_attempt);
    EXPECT_EQ(outcome.progress, R"({"done":["a","b"],"name":"message-to-a","refused":"sender_mismatch"})");
}

TEST(FcmDevices, TheNextAttemptGoesOnFromThere) {
    const auto progress = FcmProgress::parse(R"({"done":["a","b"],"name":"message-to-a"})");

    const auto left = progress.left_of({{DeviceId{"a"}, "token", "1"}, {DeviceId{"c"}, "token", "2"}});
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left[0].device, DeviceId{"c"});
    EXPECT_EQ(std::get<Accepted>(combine({gone("c")}, progress).verdict).provider_message_id, "message-to-a");
    EXPECT_EQ(std::get<Accepted>(combine({}, progress).verdict).provider_message_id, "message-to-a");
}

TEST(FcmDevices, RemembersWhyOthersDidNotGetIt) {
    const auto progress = FcmProgress::parse(R"({"done":["a"],"refused":"sender_mismatch"})");

    EXPECT_EQ(std::get<Reject>(combine({gone("b")}, progress).verdict).reason, Reason::sender_mismatch);
}

TEST(FcmDevices, TakesNoForeignTextForProgress) {
    for (const auto* text : {"", "x", "[]", "{}", R"({"done": 7, "name": [], "refused": "nonsense"})"}) {
        const auto progress = FcmProgress::parse(text);
        EXPECT_THAT(progress.done, IsEmpty()) << text;
        EXPECT_EQ(progress.text(), "") << text;
    }
}

TEST(FcmDevices, FlagsAndPausesAndTellsOfEachDevice) {
    auto mismatched = refused("a", Reason::sender_mismatch);
    mismatched.flagged = true;
    auto resting = again("b", later(Reason::credentials_refused, 300s));
    resting.pause = 300s;

    const auto outcome = combine({accepted("c"), mismatched, resting}, {});

    EXPECT_THAT(outcome.unusable, ElementsAre(DeviceId{"a"}));
    EXPECT_EQ(outcome.pause, 300s);
    EXPECT_FALSE(std::get<Retry>(outcome.verdict).spends_attempt);
    EXPECT_EQ(outcome.answer, Json::parse(R"({"said": "a", "devices": [{"said": "c", "device": "c"},
        {"said": "a", "device": "a"}, {"said": "b", "device": "b"}]})"));
}

}  // namespace
}  // namespace carillon::channels
