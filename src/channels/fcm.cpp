#include "channels/fcm.hpp"

#include <algorithm>
#include <carillon/log.hpp>
#include <utility>

#include "channels/all_of.hpp"
#include "channels/fcm_codes.hpp"
#include "channels/fcm_payload.hpp"
#include "channels/scrubber.hpp"
#include "channels/verdicts.hpp"

namespace carillon::channels {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using End = DeviceResult::End;

// Why there is no token becomes why there is no push; nothing was sent to anybody.
Outcome without_token(TokenGrant grant, const std::string& progress) {
    if (grant.refused) {
        auto outcome = paused(grant.reason, pause_time, std::move(grant.answer));
        outcome.progress = progress;
        return outcome;
    }
    const auto is_wish = grant.reason == Reason::rate_limited || !grant.asked;
    const auto retry =
        is_wish ? later(grant.reason, grant.retry_after) : failed(grant.reason, grant.retry_after);
    auto outcome = outcome_of(retry, std::move(grant.answer));
    outcome.progress = progress;
    return outcome;
}

std::string send_url(const FcmSettings& settings) {
    auto project = settings.project_id;
    if (project.empty() && settings.account) project = settings.account->project_id;
    if (project.empty()) return {};
    return settings.base_url + "/v1/projects/" + outbound::url_encode(project) + "/messages:send";
}

}  // namespace

struct Fcm::Shipment {
    const Message& message;
    std::vector<PushTarget> targets;  // those that are left
    Json body;
    TokenGrant grant;
};

struct Fcm::Answered {
    PushTarget target;
    std::size_t shape = 0;
    outbound::Reply reply;
    FcmAnswer answer;
    std::optional<TokenGrant> no_token;  // the first one was refused, and there is no other
};

Fcm::Fcm(outbound::Client& client, FcmSettings settings, Clock clock)
    : client_{client},
      settings_{std::move(settings)},
      clock_{std::move(clock)},
      url_{send_url(settings_)},
      guard_{clock_} {
    if (!settings_.account) {
        disabled_ = "no Firebase service account key";
    } else if (url_.empty()) {
        disabled_ = "no Firebase project id";
    } else {
        tokens_.emplace(client_, *settings_.account, settings_.token, clock_);
    }
}

asio::awaitable<Outcome> Fcm::send(const Message& message) {
    if (!disabled_.empty()) co_return rejected(Reason::channel_disabled);
    if (message.targets.empty()) co_return rejected(Reason::no_device);
    if (const auto bytes = oversize(message)) {
        Json answer{{"bytes", *bytes}, {"allowed", fcm_own_limit}, {"limit", fcm_limit}};
        co_return rejected(Reason::payload_too_large, std::move(answer));
    }
    auto progress = FcmProgress::parse(message.progress);
    Shipment shipment{message, progress.left_of(message.targets), fcm_body(message, clock_()), {}};
    std::vector<DeviceResult> results;
    if (!shipment.targets.empty()) {
        shipment.grant = co_await tokens_->get();
        if (!shipment.grant.granted()) co_return without_token(std::move(shipment.grant), message.progress);
        auto answers = co_await call_all(shipment);
        results = judge(shipment, std::move(answers));
    }
    co_return combine(results, std::move(progress));
}

asio::awaitable<std::vector<Fcm::Answered>> Fcm::call_all(const Shipment& shipment) {
    std::vector<asio::awaitable<Answered>> calls;
    for (const auto& target : shipment.targets) calls.push_back(call_one(shipment, target));
    co_return co_await all_of(std::move(calls));
}

asio::awaitable<Fcm::Answered> Fcm::call_one(const Shipment& shipment, const PushTarget& target) {
    Answered answered;
    answered.target = target;
    answered.shape = shape_of(shipment.body, target);
    const auto& token = shipment.grant.token;
    answered.reply = co_await post(shipment, target, token);
    answered.answer = read_fcm_answer(answered.reply);
    const auto ruling = fcm_ruling(answered.answer.code);
    if (!answered.reply.answered() || !ruling || ruling->action != Action::refresh_token)
        co_return std::move(answered);

    // The call was refused at the door, so a second one is the only one.
    auto fresh = co_await tokens_->instead_of(token);
    if (!fresh.granted()) {
        answered.no_token = std::move(fresh);
        co_return std::move(answered);
    }
    answered.reply = co_await post(shipment, target, fresh.token);
    answered.answer = read_fcm_answer(answered.reply);
    co_return std::move(answered);
}

asio::awaitable<outbound::Reply> Fcm::post(const Shipment& shipment, const PushTarget& target,
                                           std::shared_ptr<const Secret> token) {
    outbound::Call call;
    call.url = url_;
    call.headers.emplace_back("Authorization", "Bearer " + token->reveal());
    call.headers.emplace_back("Content-Type", "application/json");
    if (!shipment.message.traceparent.empty())
        call.headers.emplace_back("traceparent", shipment.message.traceparent);
    call.body = addressed_to(shipment.body, target);
    call.timeout = settings_.timeout;
    co_return co_await client_.send(std::move(call));
}

// Successes first: they are what the doubts about the others are measured by.
std::vector<DeviceResult> Fcm::judge(const Shipment& shipment, std::vector<Answered> answers) {
    for (const auto& answered : answers) {
        if (!answered.answer.name.empty()) guard_.accepted(answered.shape, answered.target.value);
    }
    std::vector<DeviceResult> results;
    results.reserve(answers.size());
    for (const auto& answered : answers) results.push_back(judge_one(shipment, answered));
    return results;
}

DeviceResult Fcm::judge_one(const Shipment& shipment, const Answered& answered) {
    DeviceResult result;
    result.device = answered.target.device;
    if (answered.no_token) {
        const auto outcome = without_token(*answered.no_token, {});
        result.end = End::again;
        result.retry = std::get<Retry>(outcome.verdict);
        result.pause = outcome.pause;
        result.answer = outcome.answer;
    } else if (!answered.reply.answered()) {
        result.end = End::again;
        result.retry = std::get<Retry>(unanswered(answered.reply, SecondCopy::harmless));
        result.answer = describe_failure(answered.reply);
    } else {
        result.answer["status"] = answered.answer.status;
        if (answered.answer.name.empty()) return judge_refusal(shipment, answered, std::move(result));
        result.end = End::accepted;
        result.name = answered.answer.name;
    }
    return result;
}

DeviceResult Fcm::judge_refusal(const Shipment& shipment, const Answered& answered, DeviceResult result) {
    const auto& answer = answered.answer;
    result.answer["code"] = answer.code;
    if (!answer.message.empty()) result.answer["message"] = Scrubber{shipment.message}(answer.message);

    const auto ruling = fcm_ruling(answer.code).value();
    result.reason = ruling.reason;
    switch (ruling.action) {
        case Action::drop_token: return judge_gone(answered, std::move(result));
        case Action::flag_token: result.flagged = true; break;
        case Action::retry:
            result.end = End::again;
            result.retry = retry_of(ruling, answered);
            break;
        case Action::refresh_token:  // for the second time
        case Action::pause_channel:
            result.end = End::again;
            result.retry = later(ruling.reason, ruling.after);
            result.pause = ruling.after;
            break;
        case Action::reject:
        case Action::needs_template:
        case Action::stop_recipient: break;
    }
    if (ruling.reason == Reason::third_party_credentials)
        log::error("fcm_third_party_credentials_refused", {{"delivery_id", shipment.message.id.value()}});
    return result;
}

DeviceResult Fcm::judge_gone(const Answered& answered, DeviceResult result) {
    if (answered.answer.code == fcm_invalid_token &&
        !guard_.shape_is_proven(answered.shape, answered.target.value)) {
        result.reason = Reason::invalid_request;
        return result;
    }
    if (guard_.believes_gone(answered.target.value)) {
        result.end = End::gone;
        return result;
    }
    result.end = End::again;
    result.flagged = true;
    result.retry = later(Reason::provider_paused, pause_time);
    result.pause = pause_time;
    return result;
}

// Where Google names no time, the policy's holds: its five minutes are more than the ten seconds that they
// ask for.
Retry Fcm::retry_of(const Ruling& ruling, const Answered& answered) {
    if (ruling.reason == Reason::rate_limited)
        return later(ruling.reason, answered.reply.retry_after.value_or(ruling.after));
    return failed(ruling.reason, answered.reply.retry_after);
}

}  // namespace carillon::channels
