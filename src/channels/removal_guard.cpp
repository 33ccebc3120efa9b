#include "channels/removal_guard.hpp"

#include <algorithm>
#include <carillon/log.hpp>
#include <functional>

namespace carillon::channels {
namespace {

constexpr std::size_t shapes_kept = 256;

std::size_t mark_of(std::string_view target) {
    return std::hash<std::string_view>{}(target);
}

}  // namespace

void RemovalGuard::accepted(std::size_t shape, std::string_view target) {
    note(target, false);
    suspicious_ = false;
    // Far more shapes than there are templates: somebody puts data into names. Start over rather than grow.
    if (proofs_.size() >= shapes_kept && !proofs_.contains(shape)) proofs_.clear();
    const auto mark = mark_of(target);
    const auto [proof, is_new] = proofs_.try_emplace(shape, Proof{mark});
    if (!is_new && proof->second.first != mark) proof->second.others = true;
}

bool RemovalGuard::shape_is_proven(std::size_t shape, std::string_view target) const {
    const auto proof = proofs_.find(shape);
    if (proof == proofs_.end()) return false;
    return proof->second.others || proof->second.first != mark_of(target);
}

bool RemovalGuard::believes_gone(std::string_view target) {
    note(target, true);
    if (suspicious_) return false;
    const auto since = clock_() - good_news_lasts;
    std::size_t gone = 0;
    for (const auto& seen : seen_) {
        if (seen.gone)
            ++gone;
        else if (seen.at >= since)
            return true;
    }
    suspicious_ = gone > window / 2;
    if (suspicious_) log::error("fcm_mass_removal_refused", {{"gone", gone}, {"of_the_last", seen_.size()}});
    return !suspicious_;
}

void RemovalGuard::note(std::string_view target, bool gone) {
    const auto mark = mark_of(target);
    std::erase_if(seen_, [mark](const Seen& seen) { return seen.target == mark; });
    seen_.push_back({mark, clock_(), gone});
    if (seen_.size() > window) seen_.pop_front();
}

}  // namespace carillon::channels
