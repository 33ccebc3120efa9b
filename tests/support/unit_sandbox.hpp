#pragma once
// The sandbox behind a router, its clock in the test's hands, its webhook a list.
#include <boost/asio/io_context.hpp>
#include <deque>
#include <string>
#include <vector>

#include "sandbox/sandbox.hpp"
#include "support/unit_jwt.hpp"
#include "support/unit_router.hpp"

namespace carillon::test {

inline constexpr std::string_view sandbox_token_uri = "http://127.0.0.1:8001/token";
inline constexpr std::string_view messaging_scope = "https://www.googleapis.com/auth/firebase.messaging";

// A service account with that key, as its JSON.
[[nodiscard]] Json account_json(const KeyPair& key);
// As a client signs them.
[[nodiscard]] Json good_assertion_claims(std::int64_t now);
[[nodiscard]] std::string assertion(const Json& claims, const KeyPair& key = our_rsa(),
                                    const Json& header = {{"alg", "RS256"}, {"typ", "JWT"}});

class SandboxBench {
    asio::io_context io_;  // carries the receipts

public:
    explicit SandboxBench(sandbox::Behaviour behaviour = quick());
    // No delays, and a webhook.
    [[nodiscard]] static sandbox::Behaviour quick();

    Response ask_token(const std::string& assertion);
    [[nodiscard]] std::string access_token();
    // {"message": …} with a good token.
    Response push(const Json& body);
    Response whatsapp(const Json& body);
    Response post(const std::string& path, const Json& body);
    Json get_json(const std::string& path);
    // Until nothing waits any more; the events that were posted by then.
    const std::vector<Json>& receipts();

    Time now = jwt_now;
    std::vector<outbound::Call> calls;  // of the webhook
    std::deque<int> webhook_answers;    // 200 when there are none left
    RouterBench router;
    sandbox::Sandbox sandbox;

private:
    std::vector<Json> events_;
};

[[nodiscard]] Json push_to(std::string token);
[[nodiscard]] Json template_to(std::string number);
[[nodiscard]] Json text_to(std::string number);

}  // namespace carillon::test
