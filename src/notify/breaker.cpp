#include "notify/breaker.hpp"

#include <algorithm>
#include <utility>

namespace carillon::notify {

Breaker::Breaker(Settings settings, std::function<double()> random)
    : settings_{settings}, random_{std::move(random)}, next_rest_{settings.first_rest} {}

bool Breaker::allow(Instant now) {
    if (state_ == State::closed) return true;
    if (now < reopens_) return false;
    state_ = State::half_open;
    // Until then nobody else is let through; then the probe counts as lost and the next call is another.
    reopens_ = now + settings_.probe_patience;
    return true;
}

void Breaker::succeeded(Instant now) {
    // A call that was out when the breaker opened says how the provider was, not how it is.
    if (state_ == State::open) return;
    if (state_ == State::half_open) return close();
    failures_in_a_row_ = 0;
    ++slice_at(now).successes;
}

void Breaker::failed(Instant now) {
    if (state_ == State::open) return;
    if (state_ == State::half_open) return open(now);
    ++failures_in_a_row_;
    ++slice_at(now).failures;
    if (failures_in_a_row_ >= settings_.failures_in_a_row || fails_too_often(now)) open(now);
}

std::int64_t Breaker::slice_number(Instant now) const {
    return now.time_since_epoch() / std::max(settings_.window / static_cast<int>(slices), Duration{1});
}

Breaker::Slice& Breaker::slice_at(Instant now) {
    const auto number = slice_number(now);
    auto& slice = results_[static_cast<std::size_t>(number) % slices];
    if (slice.number != number) slice = Slice{.number = number};
    return slice;
}

bool Breaker::fails_too_often(Instant now) const {
    const auto oldest = slice_number(now) - static_cast<std::int64_t>(slices) + 1;
    int failures = 0;
    int all = 0;
    for (const auto& slice : results_) {
        if (slice.number < oldest) continue;
        failures += slice.failures;
        all += slice.failures + slice.successes;
    }
    return all >= settings_.least_results && failures >= settings_.share * all;
}

void Breaker::open(Instant now) {
    const auto factor = 1 + settings_.jitter * (2 * random_() - 1);
    const std::chrono::duration<double> rest = std::chrono::duration<double>{next_rest_} * factor;
    state_ = State::open;
    reopens_ = now + std::chrono::duration_cast<Duration>(rest);
    next_rest_ = std::min(next_rest_ * 2, settings_.longest_rest);
}

void Breaker::close() {
    state_ = State::closed;
    failures_in_a_row_ = 0;
    results_ = {};
    next_rest_ = settings_.first_rest;
    reopens_ = {};
}

std::string_view name_of(Breaker::State state) noexcept {
    switch (state) {
        case Breaker::State::closed: return "closed";
        case Breaker::State::open: return "open";
        case Breaker::State::half_open: return "half_open";
    }
    return {};
}

}  // namespace carillon::notify
