#pragma once
// WhatsApp through MyOperator.
//
// Purpose: one message to one number; free text inside the 24 hours after the person's last message, the
//   approved template outside.
// Threads: the event loop. Lifetime: outlives every send(); the client outlives it.
// Invariants: one call an attempt. There is no idempotency key, so whatever leaves open whether the message
//   was taken is Unknown and never a Retry.
#include <carillon/channel.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string>

#include "channels/pair_limit.hpp"
#include "channels/whatsapp_codes.hpp"
#include "channels/whatsapp_number.hpp"
#include "outbound/client.hpp"

namespace carillon::channels {

class WhatsApp final : public Channel {
public:
    WhatsApp(outbound::Client& client, WhatsAppSettings settings, Clock clock);

    [[nodiscard]] std::string_view name() const noexcept override { return "whatsapp"; }
    [[nodiscard]] Address address() const noexcept override { return Address::phone; }
    [[nodiscard]] bool has_receipts() const noexcept override { return true; }
    [[nodiscard]] std::string_view disabled() const noexcept override { return disabled_; }
    [[nodiscard]] ChannelLimits limits() const noexcept override {
        return {settings_.in_flight, settings_.per_second};
    }
    [[nodiscard]] bool repeatable() const noexcept override { return false; }
    [[nodiscard]] std::chrono::milliseconds wait_for_turn(const Message& message) override;
    boost::asio::awaitable<Outcome> send(const Message& message) override;

private:
    // What an attempt has to know of those before it.
    struct Progress {
        int pair_refusals = 0;
        bool template_only = false;  // free text was refused, whatever we believe about the window

        [[nodiscard]] static Progress parse(std::string_view text);
        [[nodiscard]] std::string text() const;
    };

    asio::awaitable<outbound::Reply> post(const Message& message, const std::string& body);
    Outcome judge(const Message& message, const outbound::Reply& reply, Progress progress, bool as_text);
    Outcome judge_refusal(const Message& message, const outbound::Reply& reply, const WhatsAppAnswer& answer,
                          Progress progress, bool as_text);
    Verdict judge_null();

    outbound::Client& client_;
    const WhatsAppSettings settings_;
    const Clock clock_;
    std::string disabled_;
    WhatsAppNumber number_;
    PairLimit pairs_;
    int nulls_in_a_row_ = 0;
};

}  // namespace carillon::channels
