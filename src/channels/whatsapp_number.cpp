#include "channels/whatsapp_number.hpp"

#include <carillon/json.hpp>
#include <utility>

#include "channels/single_flight.hpp"
#include "channels/verdicts.hpp"
#include "channels/whatsapp_codes.hpp"
#include "channels/whatsapp_payload.hpp"

namespace carillon::channels {
namespace {

constexpr auto numbers_path = "/chat/phonenumbers?limit=100&offset=0";

Json describe(const outbound::Reply& reply, const char* what) {
    return Json{{"from", "phonenumbers"}, {"status", reply.status}, {"message", what}};
}

// To ask once more does no harm here, so whatever is not about our account is simply tried again.
Outcome failure_of(const outbound::Reply& reply) {
    if (!reply.answered()) {
        auto answer = describe_failure(reply);
        answer["from"] = "phonenumbers";
        return outcome_of(unanswered(reply, SecondCopy::harmless), std::move(answer));
    }
    const auto ruling = ruling_of(read_whatsapp_answer(reply));
    if (ruling && ruling->action == Action::retry) {
        const auto retry = ruling->reason == Reason::rate_limited ? later(ruling->reason, reply.retry_after)
                                                                  : failed(ruling->reason, reply.retry_after);
        return outcome_of(retry, describe(reply, "to be asked later"));
    }
    if (ruling) return paused(ruling->reason, pause_time, describe(reply, "the list of numbers was refused"));
    const auto reason = reply.status >= 500 ? Reason::provider_error : Reason::bad_answer;
    return outcome_of(failed(reason), describe(reply, "no list of numbers came"));
}

}  // namespace

outbound::Call myoperator_call(const WhatsAppSettings& settings, std::string method,
                               const std::string& path) {
    outbound::Call call;
    call.method = std::move(method);
    call.url = settings.base_url + path;
    // The capital B matters: their gateway refuses "bearer".
    call.headers.emplace_back("Authorization", "Bearer " + settings.api_key.reveal());
    call.headers.emplace_back("X-MYOP-COMPANY-ID", settings.company_id);
    call.headers.emplace_back("Accept", "application/json");
    if (call.method == "POST") call.headers.emplace_back("Content-Type", "application/json");
    call.timeout = settings.timeout;
    return call;
}

struct WhatsAppNumber::State {
    State(outbound::Client& its_client, WhatsAppSettings its_settings)
        : client{its_client}, settings{std::move(its_settings)}, id{settings.phone_number_id} {}

    outbound::Client& client;
    const WhatsAppSettings settings;
    std::string id;
    SingleFlight<Found> flight;
};

WhatsAppNumber::WhatsAppNumber(outbound::Client& client, const WhatsAppSettings& settings)
    : state_{std::make_shared<State>(client, settings)} {}

asio::awaitable<WhatsAppNumber::Found> WhatsAppNumber::find() {
    const auto state = state_;
    if (!state->id.empty()) co_return Found{state->id, std::nullopt};
    SingleFlight<Found>::Work work = [state] { return look_up(state); };
    co_return co_await state->flight.join(std::move(work));
}

asio::awaitable<WhatsAppNumber::Found> WhatsAppNumber::look_up(std::shared_ptr<State> state) {
    auto call = myoperator_call(state->settings, "GET", numbers_path);
    const auto reply = co_await state->client.send(std::move(call));
    const auto body = parse_json(reply.body);
    if (!reply.answered() || reply.status != 200 || !body || !body->is_structured())
        co_return Found{{}, failure_of(reply)};
    state->id = find_phone_number_id(*body, state->settings.phone_number);
    if (!state->id.empty()) co_return Found{state->id, std::nullopt};
    auto answer = describe(reply, "our number is not among the account's");
    co_return Found{{}, paused(Reason::number_disabled, pause_time, std::move(answer))};
}

}  // namespace carillon::channels
