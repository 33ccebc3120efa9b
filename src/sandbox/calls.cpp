#include "sandbox/calls.hpp"

#include <algorithm>
#include <utility>

namespace carillon::sandbox {
namespace {

bool matches(const Call& call, const Calls::Filter& filter) {
    return (filter.provider.empty() || name_of(call.provider) == filter.provider) &&
           (filter.target.empty() || call.target == filter.target) &&
           (filter.myop_ref_id.empty() || call.myop_ref_id == filter.myop_ref_id);
}

Json text_or_null(std::string_view text) {
    return text.empty() ? Json{} : Json(text);
}

Json shown(const Call& call) {
    return {{"id", call.id},
            {"provider", name_of(call.provider)},
            {"at", to_rfc3339(call.at)},
            {"target", text_or_null(call.target)},
            {"status", call.status ? Json(*call.status) : Json{}},
            {"fault", text_or_null(call.fault)},
            {"message_ids", call.message_ids},
            {"myop_ref_id", text_or_null(call.myop_ref_id)}};
}

}  // namespace

Call& Calls::begin(Provider provider, std::string target, Time now) {
    if (calls_.size() == limit) calls_.pop_front();
    ++totals_[static_cast<std::size_t>(provider)];
    auto& call = calls_.emplace_back();
    call.id = next_++;
    call.provider = provider;
    call.at = now;
    call.target = std::move(target);
    return call;
}

Call* Calls::find(std::uint64_t id) {
    // The numbers of those kept have no gaps.
    if (calls_.empty() || id < calls_.front().id || id > calls_.back().id) return nullptr;
    return &calls_[static_cast<std::size_t>(id - calls_.front().id)];
}

void Calls::clear() {
    calls_.clear();
    totals_ = {};
}

Json Calls::list(const Filter& filter, std::size_t most) const {
    auto by_ref = Json::object();
    std::vector<const Call*> found;
    for (const auto& call : calls_) {
        if (!matches(call, filter)) continue;
        found.push_back(&call);
        if (call.myop_ref_id.empty()) continue;
        auto& count = by_ref[call.myop_ref_id];
        count = count.is_null() ? 1 : count.get<int>() + 1;
    }
    auto calls = Json::array();
    for (auto i = found.size() - std::min(most, found.size()); i < found.size(); ++i)
        calls.push_back(shown(*found[i]));
    auto totals = Json::object();
    for (std::size_t i = 0; i < totals_.size(); ++i) totals[std::string{provider_names[i]}] = totals_[i];
    return {{"calls", std::move(calls)},
            {"count", found.size()},
            {"totals", std::move(totals)},
            {"by_ref", std::move(by_ref)}};
}

}  // namespace carillon::sandbox
