#include "outbound/origins.hpp"

namespace carillon::outbound {

namespace {

// Addresses can come from outside; what is known of idle ones is not worth more memory than this.
constexpr std::size_t most_remembered = 1'000;

std::string_view origin_of(std::string_view url) {
    const auto scheme = url.find("://");
    const auto host = scheme == url.npos ? 0 : scheme + 3;
    return url.substr(0, url.find_first_of("/?#", host));
}

}  // namespace

Origin& Origins::of(std::string_view url) {
    const auto name = origin_of(url);
    if (const auto known = origins_.find(name); known != origins_.end()) return known->second;
    if (origins_.size() >= most_remembered) forget_idle_ones();
    return origins_[std::string{name}];
}

void Origins::forget_idle_ones() {
    std::erase_if(origins_,
                  [](const auto& each) { return each.second.active == 0 && each.second.waiting.empty(); });
}

}  // namespace carillon::outbound
