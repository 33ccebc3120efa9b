#include "notify/lane.hpp"

#include <algorithm>
#include <utility>

namespace carillon::notify {
namespace {

Pace::Settings pace_of(const ChannelLimits& limits) {
    Pace::Settings settings;
    settings.per_second = limits.per_second;
    settings.burst = std::max(1.0, limits.per_second);
    return settings;
}

}  // namespace

Lane::Lane(Channel& channel, std::size_t capacity, std::function<double()> random)
    : channel_{channel},
      capacity_{capacity},
      limits_{channel.limits()},
      breaker_{{}, std::move(random)},
      pace_{pace_of(limits_)} {}

void Lane::push(Delivery delivery) {
    FairQueue<Delivery>::Entry entry;
    entry.id = delivery.message.id;
    entry.event = delivery.message.type;  // ten thousand bills are as many events, and one campaign
    entry.user = delivery.message.user.empty() ? delivery.message.phone : delivery.message.user.value();
    entry.item = std::move(delivery);
    waiting_.push(std::move(entry));
}

bool Lane::open(Instant now) const noexcept {
    return !paused(now) && (breaker_.state() == Breaker::State::closed || now >= breaker_.reopens());
}

std::size_t Lane::room(Instant now) const noexcept {
    if (!open(now)) return 0;
    const auto held = waiting_.size() + in_flight_;
    // One that may be back is asked with a few, not with everything.
    const auto capacity = breaker_.state() == Breaker::State::closed ? capacity_ : std::size_t{1};
    return held < capacity ? capacity - held : 0;
}

Lane::Turn Lane::next(Instant now) {
    if (waiting_.empty() || in_flight_ >= limits_.in_flight) return {};
    if (paused(now)) return {std::nullopt, paused_until_ - now};
    if (!breaker_.allow(now)) return {std::nullopt, std::max(breaker_.reopens() - now, Pace::Duration{1})};
    if (const auto wait = pace_.take(now); wait > Pace::Duration::zero()) return {std::nullopt, wait};
    auto entry = waiting_.pop();
    ++in_flight_;
    return {std::move(entry->item), std::nullopt};
}

void Lane::ended(const Outcome& outcome, Instant now) {
    --in_flight_;
    if (outcome.pause) pause_until(now + *outcome.pause);
    const auto* retry = std::get_if<Retry>(&outcome.verdict);
    const bool failed =
        (retry && retry->counts_against_provider) || std::holds_alternative<Unknown>(outcome.verdict);
    if (failed)
        breaker_.failed(now);
    else
        breaker_.succeeded(now);
}

std::optional<Delivery> Lane::remove(const DeliveryId& id) {
    auto entry = waiting_.remove(id);
    if (!entry) return std::nullopt;
    return std::move(entry->item);
}

std::vector<Delivery> Lane::drain() {
    std::vector<Delivery> all;
    while (auto entry = waiting_.pop()) all.push_back(std::move(entry->item));
    return all;
}

Lane::Instant Lane::opens_at() const noexcept {
    return std::max(paused_until_,
                    breaker_.state() == Breaker::State::closed ? Instant{} : breaker_.reopens());
}

}  // namespace carillon::notify
