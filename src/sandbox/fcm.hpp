#pragma once
// FCM's HTTP v1 API and the token endpoint before it.
//
// Threads: the event loop.
#include <chrono>
#include <string>
#include <vector>

#include "http/route.hpp"
#include "sandbox/access_tokens.hpp"
#include "sandbox/account.hpp"
#include "sandbox/behaviour.hpp"
#include "sandbox/desk.hpp"
#include "sandbox/phones.hpp"

namespace carillon::sandbox {

class Fcm {
public:
    Fcm(Desk& desk, Phones& phones, const Behaviour& behaviour)
        : desk_{desk}, phones_{phones}, behaviour_{behaviour} {}

    // Before the first request. `url` is this sandbox's own, without a slash at its end.
    void open(Account account, const std::string& url);

    [[nodiscard]] http::Routes routes();

private:
    class TokenErrand;
    class SendErrand;

    asio::awaitable<Result<Response>> give_token(Request& request);
    asio::awaitable<Result<Response>> send(Request& request);

    Desk& desk_;
    Phones& phones_;
    const Behaviour& behaviour_;
    std::optional<Account> account_;
    std::vector<std::string> audiences_;
    AccessTokens tokens_;
};

}  // namespace carillon::sandbox
