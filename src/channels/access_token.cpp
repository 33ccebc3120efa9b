#include "channels/access_token.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <carillon/log.hpp>
#include <random>
#include <utility>

#include "channels/single_flight.hpp"

namespace carillon::channels {
namespace {

// After an early renewal has failed: the old token still works, so there is no hurry.
constexpr std::chrono::seconds rest_after_failure{10};

outbound::Call ask_for_token(const ServiceAccount& account, const AccessTokenSettings& settings, Time now) {
    outbound::Call call;
    call.url = account.token_uri;
    call.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    call.body = "grant_type=" + outbound::url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                "&assertion=" + make_assertion(account, settings.scope, now);
    call.timeout = settings.timeout;
    return call;
}

}  // namespace

struct AccessTokens::State {
    State(outbound::Client& its_client, ServiceAccount its_account, AccessTokenSettings its_settings,
          Clock its_clock)
        : client{its_client},
          account{std::move(its_account)},
          settings{std::move(its_settings)},
          clock{std::move(its_clock)} {}

    [[nodiscard]] bool usable() const { return current.granted() && clock() < current.expires; }
    [[nodiscard]] bool due() const { return clock() >= renew_at; }
    void keep(const TokenGrant& grant) {
        const auto now = clock();
        if (grant.granted()) {
            current = grant;
            // A token shorter than the margin would otherwise be renewed with every use.
            const auto margin = std::min<Time::duration>(settings.renew_before, (grant.expires - now) / 2);
            renew_at = grant.expires - margin;
        } else {
            renew_at = now + rest_after_failure;
        }
    }
    std::chrono::milliseconds jittered(std::chrono::milliseconds pause) {
        std::uniform_real_distribution<double> factor{0.9, 1.1};
        return std::chrono::duration_cast<std::chrono::milliseconds>(pause * factor(random));
    }

    outbound::Client& client;
    const ServiceAccount account;
    const AccessTokenSettings settings;
    const Clock clock;
    TokenGrant current;
    Time renew_at;
    SingleFlight<TokenGrant> flight;
    std::minstd_rand random{std::random_device{}()};
};

AccessTokens::AccessTokens(outbound::Client& client, ServiceAccount account, AccessTokenSettings settings,
                           Clock clock)
    : state_{std::make_shared<State>(client, std::move(account), std::move(settings), std::move(clock))} {}

asio::awaitable<TokenGrant> AccessTokens::get() {
    const auto state = state_;
    if (!state->usable()) co_return co_await fetch_once();
    if (state->due()) {
        const auto executor = co_await asio::this_coro::executor;
        state->flight.set_off(executor, [state] { return fetch(state); });
    }
    co_return state->current;
}

asio::awaitable<TokenGrant> AccessTokens::instead_of(std::shared_ptr<const Secret> refused) {
    if (state_->current.token == refused) state_->current = TokenGrant{};
    co_return co_await get();
}

asio::awaitable<TokenGrant> AccessTokens::fetch_once() {
    SingleFlight<TokenGrant>::Work work = [state = state_] { return fetch(state); };
    const auto state = state_;
    co_return co_await state->flight.join(std::move(work));
}

asio::awaitable<TokenGrant> AccessTokens::fetch(std::shared_ptr<State> state) {
    asio::steady_timer pause{co_await asio::this_coro::executor};
    auto wait = state->settings.first_pause;
    for (int tried = 1;; ++tried) {
        const auto now = state->clock();
        auto call = ask_for_token(state->account, state->settings, now);
        const auto reply = co_await state->client.send(std::move(call));
        auto answer = read_token_answer(reply, now);
        if (!answer.worth_another_try || tried >= state->settings.tries) {
            state->keep(answer.grant);
            if (!answer.grant.granted())
                log::warn(
                    "fcm_access_token_failed",
                    {{"reason", name_of(answer.grant.reason)}, {"status", reply.status}, {"tries", tried}});
            co_return std::move(answer.grant);
        }
        pause.expires_after(state->jittered(wait));
        co_await pause.async_wait(asio::use_awaitable);
        wait *= 2;
    }
}

}  // namespace carillon::channels
