#include "sandbox/fault.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace carillon::sandbox {
namespace {

using enum FaultKind;
constexpr auto unseen = Strikes::unseen;
constexpr auto instead = Strikes::instead;
constexpr auto carried_out = Strikes::carried_out;

constexpr std::string_view everyone = "fcm token myoperator";
constexpr int longest_latency_ms = 600'000;

// In the order of the enum.
constexpr FaultInfo kinds[] = {
    {status, "status", unseen, everyone},
    {drop, "drop", unseen, everyone},
    {html, "html", unseen, everyone, 502},
    {empty, "empty", unseen, everyone, 500},
    {unregistered, "unregistered", instead, "fcm", 404},
    {sender_mismatch, "sender_mismatch", instead, "fcm", 403},
    {third_party_auth, "third_party_auth", instead, "fcm", 401},
    {invalid_token, "invalid_token", instead, "fcm", 400},
    {permission_denied, "permission_denied", instead, "fcm", 403},
    {quota, "quota", instead, "fcm", 429},
    {unavailable, "unavailable", instead, everyone, 503},
    {internal, "internal", instead, everyone, 500},
    {token_rejected, "token_rejected", instead, "fcm", 401},
    {invalid_grant, "invalid_grant", instead, "token", 400},
    // Nobody has published the statuses that go with these codes.
    {wallet, "wallet", instead, "myoperator", 400},
    {waba_disabled, "waba_disabled", instead, "myoperator", 400},
    {number_disabled, "number_disabled", instead, "myoperator", 400},
    {number_not_connected, "number_not_connected", instead, "myoperator", 400},
    {null_500, "null_500", instead, "myoperator", 500},
    {invalid_company, "invalid_company", instead, "myoperator", 403},
    {key_revoked, "key_revoked", instead, "myoperator", 403},
    {latency, "latency", carried_out, everyone, 0, 1'000},
    {drop_after, "drop_after", carried_out, everyone},
    {slow_body, "slow_body", carried_out, everyone, 0, 10'000},
    {invalid_json, "invalid_json", carried_out, everyone},
    {id_token_only, "id_token_only", carried_out, "token"},
    {receipt_failed, "receipt_failed", carried_out, "myoperator"},
    {no_receipts, "no_receipts", carried_out, "myoperator"},
};

constexpr int undeliverable = 131026;

struct Trigger {
    Provider provider;
    std::string_view match;
    FaultKind kind;
    int status = 0;
    int retry_after = 0;
    int latency_ms = 0;
    int code = 0;
};

// The first that fits. Numbers end in 99 and what they bring, so that no ordinary test number does.
constexpr Trigger trigger_table[] = {
    {Provider::fcm, "unreg-", unregistered},
    {Provider::fcm, "mismatch-", sender_mismatch},
    {Provider::fcm, "apns-", third_party_auth},
    {Provider::fcm, "invalid-", invalid_token},
    {Provider::fcm, "quota-nora-", quota},
    {Provider::fcm, "quota-", quota, 0, 1},
    {Provider::fcm, "unavail-", unavailable},
    {Provider::fcm, "internal-", internal},
    {Provider::fcm, "html502-", html},
    {Provider::fcm, "empty400-", empty, 400},
    {Provider::fcm, "slow-", slow_body, 0, 0, 2'000},
    {Provider::fcm, "drop-", drop},
    {Provider::fcm, "dropafter-", drop_after},
    {Provider::myoperator, "994001", wallet},
    {Provider::myoperator, "990302", waba_disabled},
    {Provider::myoperator, "990303", number_disabled},
    {Provider::myoperator, "990304", number_not_connected},
    {Provider::myoperator, "990500", null_500},
    {Provider::myoperator, "990503", unavailable},
    {Provider::myoperator, "990504", slow_body, 0, 0, 60'000},
    {Provider::myoperator, "990000", drop},
    {Provider::myoperator, "990001", drop_after},
    {Provider::myoperator, "991026", receipt_failed},
    {Provider::myoperator, "991047", receipt_failed, 0, 0, 0, 131047},
};

bool holds_word(std::string_view words, std::string_view word) {
    const auto padded = " " + std::string{words} + " ";
    return padded.find(" " + std::string{word} + " ") != padded.npos;
}

const FaultInfo* kind_named(std::string_view name) {
    const auto found =
        std::find_if(std::begin(kinds), std::end(kinds), [&](const auto& info) { return info.name == name; });
    return found == std::end(kinds) ? nullptr : found;
}

std::vector<std::string_view> names_of_kinds() {
    std::vector<std::string_view> names;
    for (const auto& info : kinds) names.push_back(info.name);
    return names;
}

void read_match(FieldReader& reader, Fault& fault) {
    const auto* match = reader.value("match");
    if (!match) return;
    FieldReader fields{*match};
    fault.token_prefix = fields.text("token", {1, 4096}).value_or("");
    fault.number_suffix = fields.text("number", {1, 20}).value_or("");
    if (const auto wrong = fields.finish()) {
        if (wrong->fields.empty()) reader.fail("match", wrong->detail);
        for (const auto& [name, message] : wrong->fields)
            reader.fail(name.empty() ? "match" : "match." + name, message);
    }
    if (!fault.token_prefix.empty() && fault.provider != Provider::fcm)
        reader.fail("match.token", "only calls to fcm have one");
    if (!fault.number_suffix.empty() && fault.provider != Provider::myoperator)
        reader.fail("match.number", "only calls to myoperator have one");
}

void read_particulars(FieldReader& reader, const FaultInfo& info, Fault& fault) {
    const auto latency_ms = reader.integer("latency_ms", 0, longest_latency_ms);
    fault.latency = std::chrono::milliseconds{latency_ms.value_or(info.latency_ms)};
    const auto given = reader.integer("status", 200, 599);
    fault.status = static_cast<int>(given.value_or(info.status));
    if (info.kind == status && !given) reader.fail("status", "is required");
    if (given && info.strikes == carried_out) reader.fail("status", "this fault answers as if all was well");
    if (const auto seconds = reader.integer("retry_after", 0, 86'400))
        fault.retry_after = static_cast<int>(*seconds);
    fault.code = static_cast<int>(reader.integer("code", 1, 999'999).value_or(undeliverable));
    fault.times = reader.integer("times", 1, std::numeric_limits<std::int32_t>::max());
}

bool fits(const Trigger& trigger, Provider provider, std::string_view target) {
    if (trigger.provider != provider) return false;
    return provider == Provider::fcm ? target.starts_with(trigger.match) : target.ends_with(trigger.match);
}

}  // namespace

std::span<const FaultInfo> fault_kinds() noexcept {
    return kinds;
}

const FaultInfo& describe(FaultKind kind) noexcept {
    return kinds[static_cast<std::size_t>(kind)];
}

Result<Fault> parse_fault(const Json& body) {
    FieldReader reader{body};
    Fault fault;
    const auto provider =
        reader.choice("provider", {provider_names.begin(), provider_names.end()}).value_or("");
    const auto name = reader.choice("fault", names_of_kinds()).value_or("");
    if (provider.empty() && !reader.value("provider")) reader.fail("provider", "is required");
    if (name.empty() && !reader.value("fault")) reader.fail("fault", "is required");
    const auto place = std::find(provider_names.begin(), provider_names.end(), provider);
    if (place != provider_names.end()) fault.provider = static_cast<Provider>(place - provider_names.begin());
    read_match(reader, fault);
    const auto* info = kind_named(name);
    if (info) fault.kind = info->kind;
    // Of a fault that is not known the other fields are looked at all the same.
    read_particulars(reader, info ? *info : describe(drop), fault);
    if (info && !provider.empty() && !holds_word(info->providers, provider))
        reader.fail("fault", "this one is not for " + provider);
    if (auto wrong = reader.finish()) return std::move(*wrong);
    return fault;
}

Json to_json(const Fault& fault) {
    auto match = Json::object();
    if (!fault.token_prefix.empty()) match["token"] = fault.token_prefix;
    if (!fault.number_suffix.empty()) match["number"] = fault.number_suffix;
    Json json{{"id", fault.id},
              {"provider", name_of(fault.provider)},
              {"fault", describe(fault.kind).name},
              {"match", std::move(match)},
              {"latency_ms", fault.latency.count()},
              {"times_left", fault.times ? Json(*fault.times) : Json{}},
              {"applied", fault.applied}};
    if (fault.status != 0) json["status"] = fault.status;
    if (fault.retry_after) json["retry_after"] = *fault.retry_after;
    if (fault.kind == receipt_failed) json["code"] = fault.code;
    return json;
}

std::optional<Fault> triggered_fault(Provider provider, std::string_view target) {
    const auto found = std::find_if(std::begin(trigger_table), std::end(trigger_table),
                                    [&](const auto& trigger) { return fits(trigger, provider, target); });
    if (found == std::end(trigger_table)) return std::nullopt;
    Fault fault;
    fault.provider = provider;
    fault.kind = found->kind;
    fault.status = found->status != 0 ? found->status : describe(found->kind).status;
    fault.code = found->code != 0 ? found->code : undeliverable;
    fault.latency = std::chrono::milliseconds{found->latency_ms};
    if (found->retry_after > 0) fault.retry_after = found->retry_after;
    return fault;
}

Json triggers() {
    auto list = Json::array();
    for (const auto& trigger : trigger_table) {
        const bool fcm = trigger.provider == Provider::fcm;
        list.push_back({{"provider", name_of(trigger.provider)},
                        {"match", {{fcm ? "token" : "number", trigger.match}}},
                        {"fault", describe(trigger.kind).name}});
    }
    return list;
}

}  // namespace carillon::sandbox
