#include "notify/policy.hpp"

#include <utility>

namespace carillon::notify {

using namespace std::chrono_literals;

Policy::Policy(std::vector<Route> routes) : routes_{std::move(routes)} {
    for (const auto& route : routes_) by_event_[route.event].push_back(&route);
}

std::span<const Route* const> Policy::routes_for(std::string_view event) const {
    const auto found = by_event_.find(event);
    if (found == by_event_.end()) return {};
    return found->second;
}

// A socket shows a message within a second or never: five are enough to leave the phone in peace. WhatsApp
// costs money and is the last to be asked. All others write where nobody is disturbed.
Step default_step(std::string_view channel) {
    Step step{.channel = std::string{channel}, .template_type = {}};
    if (channel == "push") {
        step.after = 5s;
        step.unless = Step::Unless::acked;
    } else if (channel == "whatsapp") {
        step.after = 10min;
        step.unless = Step::Unless::read;
    }
    return step;
}

std::string name_of(const Audience& audience) {
    if (!audience.path.empty()) return audience.path;
    if (audience.role.empty()) return {};
    const auto everyone = "every " + audience.role;
    return audience.area_path.empty() ? everyone : everyone + " in " + audience.area_path;
}

std::string_view name_of(Mode mode) noexcept {
    switch (mode) {
        case Mode::all: return "all";
        case Mode::first: return "first";
        case Mode::unless_acked: return "unless_acked";
    }
    return {};
}

std::string_view name_of(Step::Unless unless) noexcept {
    switch (unless) {
        case Step::Unless::never: return "never";
        case Step::Unless::acked: return "acked";
        case Step::Unless::read: return "read";
    }
    return {};
}

}  // namespace carillon::notify
