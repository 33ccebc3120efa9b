#include "sandbox/faults.hpp"

#include <algorithm>
#include <utility>

namespace carillon::sandbox {
namespace {

bool fits(const Fault& fault, Provider provider, std::string_view target) {
    return fault.provider == provider && target.starts_with(fault.token_prefix) &&
           target.ends_with(fault.number_suffix);
}

template <class List>
auto find(List& faults, std::string_view id) {
    return std::find_if(faults.begin(), faults.end(), [&](const Fault& fault) { return fault.id == id; });
}

}  // namespace

Result<Json> Faults::add(Fault fault) {
    if (faults_.size() >= limit) return Error{Failure::conflict, "There are too many faults; remove some."};
    fault.id = "fault_" + std::to_string(next_++);
    faults_.push_back(std::move(fault));
    return to_json(faults_.back());
}

Json Faults::list() const {
    auto list = Json::array();
    for (const auto& fault : faults_) list.push_back(to_json(fault));
    return list;
}

std::optional<Json> Faults::show(std::string_view id) const {
    const auto found = find(faults_, id);
    if (found == faults_.end()) return std::nullopt;
    return to_json(*found);
}

bool Faults::remove(std::string_view id) {
    const auto found = find(faults_, id);
    if (found == faults_.end()) return false;
    faults_.erase(found);
    return true;
}

std::optional<Fault> Faults::meeting(Provider provider, std::string_view target) const {
    const auto found = std::find_if(faults_.begin(), faults_.end(),
                                    [&](const Fault& fault) { return fits(fault, provider, target); });
    if (found != faults_.end()) return *found;
    return triggered_fault(provider, target);
}

void Faults::spend(const Fault& fault) {
    const auto found = find(faults_, fault.id);
    if (found == faults_.end()) return;  // a trigger has no id and is never used up
    ++found->applied;
    if (found->times && --*found->times == 0) faults_.erase(found);
}

}  // namespace carillon::sandbox
