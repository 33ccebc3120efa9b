#include "channels/whatsapp.hpp"

#include <algorithm>
#include <carillon/json.hpp>
#include <utility>

#include "channels/scrubber.hpp"
#include "channels/verdicts.hpp"
#include "channels/whatsapp_payload.hpp"

namespace carillon::channels {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// {"message": null} is how they say that an account is not set up, and now and then a passing failure. Two
// messages may find out which; the third such answer in a row rests the channel.
constexpr int nulls_tolerated = 2;

constexpr int most_pair_refusals = 6;  // 4^6 seconds are more than an hour

milliseconds after_pair_refusals(int refusals) {
    seconds wait{1};
    for (int i = 0; i < std::min(refusals, most_pair_refusals); ++i) wait *= 4;
    return wait;
}

std::string why_disabled(const WhatsAppSettings& settings) {
    if (settings.api_key.empty()) return "no MyOperator API key";
    if (settings.company_id.empty()) return "no MyOperator account id";
    if (settings.phone_number.empty() && settings.phone_number_id.empty())
        return "no MyOperator phone number";
    return {};
}

Json describe(const Message& message, const WhatsAppAnswer& answer) {
    const Scrubber scrub{message};
    Json described{{"status", answer.status}};
    if (!answer.code.empty()) described["code"] = scrub(answer.code);
    if (!answer.message.empty()) described["message"] = scrub(answer.message);
    return described;
}

}  // namespace

WhatsApp::WhatsApp(outbound::Client& client, WhatsAppSettings settings, Clock clock)
    : client_{client},
      settings_{std::move(settings)},
      clock_{std::move(clock)},
      disabled_{why_disabled(settings_)},
      number_{client_, settings_},
      pairs_{PairLimitSettings{}, clock_} {}

milliseconds WhatsApp::wait_for_turn(const Message& message) {
    return message.phone.empty() ? milliseconds::zero() : pairs_.wait_for_turn(message.phone);
}

asio::awaitable<Outcome> WhatsApp::send(const Message& message) {
    if (!disabled_.empty()) co_return rejected(Reason::channel_disabled);
    if (message.phone.empty()) co_return rejected(Reason::no_address);
    const auto to = split_number(message.phone);
    if (!to) co_return rejected(Reason::recipient_unreachable);
    const auto progress = Progress::parse(message.progress);
    const auto as_text = may_send_text(message, clock_()) && !progress.template_only;
    if (!as_text && !has_template(message)) co_return rejected(Reason::needs_template);
    if (as_text && too_long_as_text(message)) co_return rejected(Reason::payload_too_large);

    auto found = co_await number_.find();
    if (found.failure) {
        found.failure->progress = message.progress;
        co_return std::move(*found.failure);
    }
    auto data = as_text ? text_data(message) : template_data(message);
    const WhatsAppSender sender{std::move(found.id), settings_.waba_id};
    const auto body = whatsapp_body(sender, *to, message.id, std::move(data));
    const auto reply = co_await post(message, body);
    // Nobody was written to; an outage must not make people wait for messages they never got.
    if (reply.surely_unsent()) pairs_.give_back(message.phone);
    co_return judge(message, reply, progress, as_text);
}

asio::awaitable<outbound::Reply> WhatsApp::post(const Message& message, const std::string& body) {
    auto call = myoperator_call(settings_, "POST", settings_.path);
    if (!message.traceparent.empty()) call.headers.emplace_back("traceparent", message.traceparent);
    call.body = body;
    co_return co_await client_.send(std::move(call));
}

Outcome WhatsApp::judge(const Message& message, const outbound::Reply& reply, Progress progress,
                        bool as_text) {
    Outcome outcome;
    if (!reply.answered()) {
        outcome.verdict = unanswered(reply, SecondCopy::reaches_a_person);
        outcome.answer = describe_failure(reply);
        outcome.progress = progress.text();
        return outcome;
    }
    const auto answer = read_whatsapp_answer(reply);
    if (!answer.says_null) nulls_in_a_row_ = 0;
    if (answer.message_id.empty()) return judge_refusal(message, reply, answer, progress, as_text);
    outcome.verdict = Accepted{answer.message_id, answer.conversation_id};
    outcome.answer = describe(message, answer);
    return outcome;
}

Outcome WhatsApp::judge_refusal(const Message& message, const outbound::Reply& reply,
                                const WhatsAppAnswer& answer, Progress progress, bool as_text) {
    Outcome outcome;
    outcome.answer = describe(message, answer);
    auto ruling = ruling_of(answer);
    if (!ruling && answer.says_failed) ruling = Ruling{Action::reject, Reason::invalid_request};
    if (!ruling && answer.status == 500 && answer.says_null) {
        outcome.verdict = judge_null();
        if (nulls_in_a_row_ > nulls_tolerated) outcome.pause = pause_time;
    } else if (!ruling) {
        outcome.verdict = Unknown{answer.status >= 500 ? Reason::provider_error : Reason::bad_answer};
    } else if (ruling->action == Action::pause_channel) {
        outcome = paused(ruling->reason, ruling->after, std::move(outcome.answer));
    } else if (ruling->action == Action::needs_template && as_text && has_template(message)) {
        progress.template_only = true;
        outcome.verdict = later(ruling->reason, milliseconds::zero());
    } else if (ruling->reason == Reason::pair_limited) {
        outcome.verdict = later(ruling->reason, after_pair_refusals(progress.pair_refusals++));
    } else if (ruling->reason == Reason::rate_limited) {
        outcome.verdict = later(ruling->reason, reply.retry_after);
    } else if (ruling->action == Action::retry) {
        outcome.verdict = failed(ruling->reason, reply.retry_after);
    } else {
        outcome.verdict = Reject{ruling->reason};
    }
    outcome.progress = progress.text();
    return outcome;
}

Verdict WhatsApp::judge_null() {
    ++nulls_in_a_row_;
    if (nulls_in_a_row_ > nulls_tolerated) return later(Reason::account_blocked, pause_time);
    return failed(Reason::provider_error);
}

WhatsApp::Progress WhatsApp::Progress::parse(std::string_view text) {
    Progress progress;
    const auto json = text.empty() ? Result<Json>{Json::object()} : parse_json(text);
    if (!json || !json->is_object()) return progress;
    if (const auto pair = json->find("pair"); pair != json->end() && pair->is_number_integer())
        progress.pair_refusals = std::clamp(pair->get<int>(), 0, most_pair_refusals);
    progress.template_only = json->contains("template_only");
    return progress;
}

std::string WhatsApp::Progress::text() const {
    Json json = Json::object();
    if (pair_refusals > 0) json["pair"] = pair_refusals;
    if (template_only) json["template_only"] = true;
    return json.empty() ? std::string{} : to_text(json);
}

}  // namespace carillon::channels
