#pragma once
// Push through Firebase Cloud Messaging, HTTP v1.
//
// Purpose: one message to all of a user's devices at once, each one call.
// Threads: the event loop. Lifetime: outlives every send(); the client outlives it.
// Invariants: a device that has it, or never will, is not called again for the same delivery; a device is
//   called gone only where FCM says so in a way that a misconfiguration cannot imitate.
#include <carillon/channel.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <optional>
#include <string>

#include "channels/access_token.hpp"
#include "channels/fcm_devices.hpp"
#include "channels/provider_codes.hpp"
#include "channels/removal_guard.hpp"
#include "channels/service_account.hpp"
#include "outbound/client.hpp"

namespace carillon::channels {

struct FcmSettings {
    std::string base_url = "https://fcm.googleapis.com";
    std::string project_id;                 // empty: the service account's
    std::optional<ServiceAccount> account;  // none: the channel is disabled
    std::size_t in_flight = 100;            // deliveries
    double per_second = 10'000;             // Google's quota is 600 000 a minute for a project
    std::chrono::milliseconds timeout{15'000};
    AccessTokenSettings token;
};

class Fcm final : public Channel {
public:
    Fcm(outbound::Client& client, FcmSettings settings, Clock clock);

    [[nodiscard]] std::string_view name() const noexcept override { return "push"; }
    [[nodiscard]] Address address() const noexcept override { return Address::device; }
    [[nodiscard]] std::string_view disabled() const noexcept override { return disabled_; }
    [[nodiscard]] ChannelLimits limits() const noexcept override {
        return {settings_.in_flight, settings_.per_second};
    }
    // Its tag makes a second copy replace the first on the device.
    [[nodiscard]] bool repeatable() const noexcept override { return true; }
    boost::asio::awaitable<Outcome> send(const Message& message) override;

private:
    // What all calls of one delivery share; lives in the frame of its send().
    struct Shipment;
    // One device's answer, before the guard has had its say.
    struct Answered;

    asio::awaitable<std::vector<Answered>> call_all(const Shipment& shipment);
    asio::awaitable<Answered> call_one(const Shipment& shipment, const PushTarget& target);
    asio::awaitable<outbound::Reply> post(const Shipment& shipment, const PushTarget& target,
                                          std::shared_ptr<const Secret> token);
    std::vector<DeviceResult> judge(const Shipment& shipment, std::vector<Answered> answers);
    DeviceResult judge_one(const Shipment& shipment, const Answered& answered);
    DeviceResult judge_refusal(const Shipment& shipment, const Answered& answered, DeviceResult result);
    DeviceResult judge_gone(const Answered& answered, DeviceResult result);
    static Retry retry_of(const Ruling& ruling, const Answered& answered);

    outbound::Client& client_;
    const FcmSettings settings_;
    const Clock clock_;
    std::string disabled_;
    std::string url_;
    std::optional<AccessTokens> tokens_;
    RemovalGuard guard_;
};

}  // namespace carillon::channels
