#include "support/unit_sandbox.hpp"

#include <utility>

#include "outbound/client.hpp"

namespace carillon::test {
namespace {

constexpr const char* send_path = "/v1/projects/carillon-sandbox/messages:send";

}  // namespace

Json account_json(const KeyPair& key) {
    return {{"type", "service_account"},
            {"project_id", sandbox::sandbox_project},
            {"private_key_id", "key-1"},
            {"private_key", key.private_pem()},
            {"client_email", "sandbox@example.com"},
            {"token_uri", sandbox_token_uri}};
}

Json good_assertion_claims(std::int64_t now) {
    return {{"iss", "sandbox@example.com"},
            {"scope", messaging_scope},
            {"aud", sandbox_token_uri},
            {"iat", now},
            {"exp", now + 3600}};
}

std::string assertion(const Json& claims, const KeyPair& key, const Json& header) {
    return key.rs256_token(to_text(header), to_text(claims));
}

SandboxBench::SandboxBench(sandbox::Behaviour behaviour)
    : sandbox{io_.get_executor(), [this] { return now; }, std::move(behaviour),
              [this](outbound::Call call) -> asio::awaitable<int> {
                  calls.push_back(call);
                  events_.push_back(Json::parse(call.body));
                  int status = 200;
                  if (!webhook_answers.empty()) {
                      status = webhook_answers.front();
                      webhook_answers.pop_front();
                  }
                  co_return status;
              }} {
    auto account = sandbox::parse_account(to_text(account_json(our_rsa())));
    sandbox.open(std::move(account.value()), "http://127.0.0.1:8001");
    router.router.add(sandbox.routes());
}

sandbox::Behaviour SandboxBench::quick() {
    sandbox::Behaviour behaviour;
    behaviour.receipts.url = "http://127.0.0.1:1/webhook";
    behaviour.receipts.key = "webhook-key";
    behaviour.receipts.delay = behaviour.receipts.retry = std::chrono::milliseconds{0};
    return behaviour;
}

Response SandboxBench::ask_token(const std::string& assertion) {
    auto ask = post_json("/token",
                         "grant_type=" + outbound::url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer") +
                             "&assertion=" + assertion);
    ask.headers.back().second = "application/x-www-form-urlencoded";
    return router.ask(ask);
}

std::string SandboxBench::access_token() {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    return body_of(ask_token(assertion(good_assertion_claims(seconds)))).at("access_token");
}

Response SandboxBench::push(const Json& body) {
    return router.ask(post_json(send_path, to_text(body)).with("Authorization", "Bearer " + access_token()));
}

Response SandboxBench::whatsapp(const Json& body) {
    return router.ask(post_json("/chat/messages", to_text(body))
                          .with("Authorization", "Bearer any-key")
                          .with("X-MYOP-COMPANY-ID", "company-1"));
}

Response SandboxBench::post(const std::string& path, const Json& body) {
    return router.ask(post_json(path, to_text(body)));
}

Json SandboxBench::get_json(const std::string& path) {
    return body_of(router.ask(get(path)));
}

const std::vector<Json>& SandboxBench::receipts() {
    io_.restart();
    io_.run();
    return events_;
}

Json push_to(std::string token) {
    return {
        {"message", {{"token", std::move(token)}, {"notification", {{"title", "Hi"}, {"body", "there"}}}}}};
}

Json template_to(std::string number) {
    return {{"phone_number_id", "100200300400500"},
            {"customer_country_code", "91"},
            {"customer_number", std::move(number)},
            {"data",
             {{"type", "template"},
              {"context", {{"template_name", "new_lead"}, {"language", "en"}, {"body", {{"1", "Asha"}}}}}}},
            {"reply_to", nullptr},
            {"myop_ref_id", "dlv_1"}};
}

Json text_to(std::string number) {
    auto body = template_to(std::move(number));
    body["data"] = {{"type", "text"}, {"context", {{"body", "Hello"}, {"preview_url", false}}}};
    return body;
}

}  // namespace carillon::test
