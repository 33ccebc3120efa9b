#pragma once
// MyOperator wants the id that Meta has given our number; people know the number.
// Threads: the event loop. Lifetime: the client must live until the loop has no more work of ours.
#include <boost/asio/awaitable.hpp>
#include <carillon/channel.hpp>
#include <carillon/secret.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "outbound/client.hpp"

namespace carillon::channels {

namespace asio = boost::asio;

struct WhatsAppSettings {
    std::string base_url = "https://publicapi.myoperator.co";
    std::string path = "/chat/messages";
    Secret api_key;
    std::string company_id;
    std::string phone_number;     // as people write it
    std::string phone_number_id;  // empty: looked up
    std::string waba_id;          // may be empty
    std::size_t in_flight = 20;
    double per_second = 80;  // Meta's limit for a number
    std::chrono::milliseconds timeout{15'000};
};

// With the headers that every call of theirs needs.
[[nodiscard]] outbound::Call myoperator_call(const WhatsAppSettings& settings, std::string method,
                                             const std::string& path);

class WhatsAppNumber {
public:
    WhatsAppNumber(outbound::Client& client, const WhatsAppSettings& settings);

    struct Found {
        std::string id;                  // empty: see the other
        std::optional<Outcome> failure;  // nothing was sent to anybody
    };
    // Asked once for all who want to know; what was found is kept.
    asio::awaitable<Found> find();

private:
    struct State;
    static asio::awaitable<Found> look_up(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;
};

}  // namespace carillon::channels
