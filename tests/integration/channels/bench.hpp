#pragma once
// The channels with an imposter behind them, and a clock that stands.
#include <boost/asio/io_context.hpp>
#include <carillon/time.hpp>
#include <memory>
#include <string>
#include <utility>

#include "channels/fcm.hpp"
#include "channels/whatsapp.hpp"
#include "outbound/client.hpp"
#include "support/integration_imposter.hpp"
#include "support/loop.hpp"
#include "support/message.hpp"
#include "support/service_account.hpp"

namespace carillon::channels {

inline constexpr auto token_path = "/token";
inline constexpr auto fcm_path = "/v1/projects/carillon-test/messages:send";
inline constexpr auto whatsapp_path = "/chat/messages";
inline constexpr auto numbers_path = "/chat/phonenumbers";

inline constexpr auto access_token = "ya29.an-access-token-of-google";
inline constexpr auto api_key = "an-api-key-of-myoperator";

inline std::string token_body(const std::string& token = access_token, const Json& expires_in = 3600) {
    return to_text(Json{{"access_token", token}, {"expires_in", expires_in}, {"token_type", "Bearer"}});
}
inline std::string fcm_name(const std::string& id) {
    return to_text(Json{{"name", "projects/carillon-test/messages/" + id}});
}
inline std::string fcm_error(const std::string& status, const std::string& code, const std::string& message) {
    Json error{{"status", status}, {"message", message}, {"details", Json::array()}};
    if (!code.empty())
        error["details"].push_back(
            {{"@type", "type.googleapis.com/google.firebase.fcm.v1.FcmError"}, {"errorCode", code}});
    return to_text(Json{{"error", error}});
}
inline std::string whatsapp_success(const std::string& id) {
    return to_text(Json{{"status", "success"},
                        {"code", "200"},
                        {"message", "Accepted"},
                        {"data", {{"conversation_id", "c-1"}, {"message_id", id}}}});
}

struct Bench {
    // Long enough for a loaded machine where an answer comes, short where none does.
    static constexpr std::chrono::milliseconds patience{20'000};
    static constexpr std::chrono::milliseconds impatience{50};

    ~Bench() { client.stop(); }

    [[nodiscard]] Clock clock() {
        return [this] { return now; };
    }
    [[nodiscard]] FcmSettings fcm_settings() const {
        FcmSettings settings;
        settings.base_url = imposter.url();
        settings.account = account(imposter.url() + token_path);
        settings.timeout = patience;
        settings.token.timeout = patience;
        settings.token.first_pause = std::chrono::milliseconds{1};
        return settings;
    }
    [[nodiscard]] WhatsAppSettings whatsapp_settings() const {
        WhatsAppSettings settings;
        settings.base_url = imposter.url();
        settings.api_key = Secret{api_key};
        settings.company_id = "company-1";
        settings.phone_number_id = "1090";
        settings.timeout = patience;
        return settings;
    }
    static ServiceAccount account(const std::string& token_uri) {
        return parse_service_account(Secret{to_text(test::google_account().key_file(token_uri))}).value();
    }
    template <class Answer>
    Answer run(asio::awaitable<Answer> work) {
        return test::run_on_loop(io, std::move(work));
    }

    Time now = parse_rfc3339("2026-11-21T07:30:00Z").value();
    test::Imposter imposter;
    asio::io_context io;
    outbound::Client client{outbound::ClientSettings{}};
};

}  // namespace carillon::channels
