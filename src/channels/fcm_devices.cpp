#include "channels/fcm_devices.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace carillon::channels {
namespace {

using End = DeviceResult::End;

// Which of several reasons an operator should hear of: what somebody can mend comes first.
constexpr std::array telling{Reason::third_party_credentials, Reason::sender_mismatch,
                             Reason::payload_too_large, Reason::invalid_request, Reason::unregistered};

Reason more_telling(Reason one, Reason other) {
    const auto rank = [](Reason reason) { return std::find(telling.begin(), telling.end(), reason); };
    if (one == Reason::none) return other;
    return rank(other) < rank(one) ? other : one;
}

// The longest wish counts, since all that is left is tried at once.
Retry both(const Retry& one, const Retry& other) {
    auto retry = other.counts_against_provider && !one.counts_against_provider ? other : one;
    if (one.after && other.after) {
        retry.after = std::max(*one.after, *other.after);
    } else {
        retry.after = one.after ? one.after : other.after;
    }
    retry.counts_against_provider = one.counts_against_provider || other.counts_against_provider;
    retry.spends_attempt = one.spends_attempt || other.spends_attempt;
    return retry;
}

// Of the one that says most; with several, all of them.
Json describe(const std::vector<DeviceResult>& results) {
    const auto failed = [](const DeviceResult& result) { return result.end != End::accepted; };
    const auto first = std::find_if(results.begin(), results.end(), failed);
    auto answer = first == results.end() ? results.front().answer : first->answer;
    if (results.size() == 1) return answer;
    auto& devices = answer["devices"] = Json::array();
    for (const auto& result : results) {
        auto one = result.answer;
        one["device"] = result.device.value();
        devices.push_back(std::move(one));
    }
    return answer;
}

Verdict final_verdict(const FcmProgress& progress) {
    if (!progress.name.empty()) return Accepted{progress.name, {}};
    return Reject{progress.refused == Reason::none ? Reason::unregistered : progress.refused};
}

}  // namespace

FcmProgress FcmProgress::parse(std::string_view text) {
    FcmProgress progress;
    const auto json = text.empty() ? Result<Json>{Json::object()} : parse_json(text);
    if (!json || !json->is_object()) return progress;
    if (const auto done = json->find("done"); done != json->end() && done->is_array()) {
        for (const auto& id : *done) {
            if (id.is_string()) progress.done.emplace_back(id.get<std::string>());
        }
    }
    if (const auto name = json->find("name"); name != json->end() && name->is_string())
        progress.name = name->get<std::string>();
    if (const auto refused = json->find("refused"); refused != json->end() && refused->is_string())
        progress.refused = reason_named(refused->get_ref<const std::string&>()).value_or(Reason::none);
    return progress;
}

std::string FcmProgress::text() const {
    if (done.empty()) return {};
    Json json{{"done", Json::array()}};
    for (const auto& device : done) json["done"].push_back(device.value());
    if (!name.empty()) json["name"] = name;
    if (refused != Reason::none) json["refused"] = name_of(refused);
    return to_text(json);
}

std::vector<PushTarget> FcmProgress::left_of(const std::vector<PushTarget>& targets) const {
    std::vector<PushTarget> left;
    for (const auto& target : targets) {
        if (std::find(done.begin(), done.end(), target.device) == done.end()) left.push_back(target);
    }
    return left;
}

void FcmProgress::add(const DeviceResult& result) {
    if (result.end == End::again) return;
    done.push_back(result.device);
    if (result.end == End::accepted && name.empty()) name = result.name;
    if (result.end != End::accepted) refused = more_telling(refused, result.reason);
}

Outcome combine(const std::vector<DeviceResult>& results, FcmProgress progress) {
    Outcome outcome;
    std::optional<Retry> again;
    for (const auto& result : results) {
        progress.add(result);
        if (result.end == End::again) again = again ? both(*again, result.retry) : result.retry;
        if (result.end == End::gone) outcome.unregistered.push_back(result.device);
        if (result.flagged) outcome.unusable.push_back(result.device);
        if (result.pause) outcome.pause = std::max(outcome.pause.value_or(*result.pause), *result.pause);
    }
    if (!results.empty()) outcome.answer = describe(results);
    if (again) {
        outcome.verdict = *again;
        outcome.progress = progress.text();
        if (!progress.name.empty()) outcome.partly = Accepted{progress.name, {}};
    } else {
        outcome.verdict = final_verdict(progress);
    }
    return outcome;
}

}  // namespace carillon::channels
