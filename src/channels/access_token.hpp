#pragma once
// Google's access tokens for a service account (OAuth 2.0, JWT bearer grant).
//
// Purpose: a token that is good now, asked for once however many need it, and renewed before it runs out
//   while the old one is still used.
// Threads: the event loop. Lifetime: the client must live until the loop has no more work of ours.
#include <boost/asio/awaitable.hpp>
#include <carillon/json.hpp>
#include <carillon/reason.hpp>
#include <carillon/secret.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "channels/service_account.hpp"
#include "outbound/client.hpp"

namespace carillon::channels {

namespace asio = boost::asio;

struct AccessTokenSettings {
    std::string scope = "https://www.googleapis.com/auth/firebase.messaging";
    std::chrono::seconds renew_before{225};
    int tries = 3;
    std::chrono::milliseconds first_pause{1'000};  // between tries, doubling, give or take a tenth
    std::chrono::milliseconds timeout{10'000};
};

// A token, or why there is none.
struct TokenGrant {
    std::shared_ptr<const Secret> token;
    Time expires;
    // Without a token:
    Reason reason = Reason::none;
    bool refused = false;  // asking again would bring the same: the account, its key or its rights
    bool asked = true;     // false: our own client did not let the call out
    std::optional<std::chrono::seconds> retry_after;
    Json answer = Json::object();  // for the timeline

    [[nodiscard]] bool granted() const noexcept { return token != nullptr; }
};

class AccessTokens {
public:
    AccessTokens(outbound::Client& client, ServiceAccount account, AccessTokenSettings settings, Clock clock);

    asio::awaitable<TokenGrant> get();
    // After the API has refused this one: another, which somebody else may have fetched meanwhile.
    asio::awaitable<TokenGrant> instead_of(std::shared_ptr<const Secret> refused);

private:
    struct State;
    static asio::awaitable<TokenGrant> fetch(std::shared_ptr<State> state);
    asio::awaitable<TokenGrant> fetch_once();

    // Shared with the fetch that is under way, which may outlive us.
    std::shared_ptr<State> state_;
};

// What the token endpoint's answer means. Pure.
struct TokenAnswer {
    TokenGrant grant;
    bool worth_another_try = false;
};
[[nodiscard]] TokenAnswer read_token_answer(const outbound::Reply& reply, Time now);

}  // namespace carillon::channels
