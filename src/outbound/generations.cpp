#include "outbound/generations.hpp"

#include <algorithm>

namespace carillon::outbound {

namespace {

// Far enough from a thousand for what is still sent while one goes ahead.
constexpr double worn_out = 700;

}  // namespace

Generations::Place Generations::next(std::size_t active, std::size_t streams_per_connection) {
    if (wear_ >= worn_out && !one_is_ahead_) {
        one_is_ahead_ = true;
        return {current_ + 1, true};
    }
    // Curl fills the first connection before it uses the next, so that one has a full share of all that is
    // sent.
    wear_ += std::min(1.0, static_cast<double>(streams_per_connection) / static_cast<double>(active));
    return {current_, false};
}

void Generations::went_ahead(bool answered) {
    one_is_ahead_ = false;
    if (!answered) return;
    ++current_;
    wear_ = 1;
}

}  // namespace carillon::outbound
