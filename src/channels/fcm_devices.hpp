#pragma once
// One delivery goes to all of a user's devices; what came of each becomes one outcome. Pure.
#include <carillon/channel.hpp>
#include <string>
#include <vector>

namespace carillon::channels {

struct DeviceResult {
    enum class End { accepted, again, gone, refused };

    DeviceId device;
    End end = End::refused;
    Reason reason = Reason::none;
    std::string name;      // FCM's of the message, when accepted
    Retry retry;           // when again
    bool flagged = false;  // somebody should look at this device
    std::optional<std::chrono::seconds> pause;
    Json answer = Json::object();
};

// What is settled already, so that a repeated attempt reaches nobody twice. Travels as compact JSON.
struct FcmProgress {
    std::vector<DeviceId> done;
    std::string name;               // of the first message that FCM took
    Reason refused = Reason::none;  // why others did not get it

    // Anything else than our own text is no progress.
    [[nodiscard]] static FcmProgress parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::vector<PushTarget> left_of(const std::vector<PushTarget>& targets) const;
    void add(const DeviceResult& result);
};

// Adds to the progress what came of the devices. A temporary failure of one makes it all a Retry; otherwise
// one that took it is enough.
[[nodiscard]] Outcome combine(const std::vector<DeviceResult>& results, FcmProgress progress);

}  // namespace carillon::channels
