#pragma once
// The routing policy: which event tells whom, by which channels, in what order. It is data, read from
// config/routing.toml, whose opening comment explains the format.
//
// A policy does not change once it is read, so any thread may use it. SIGHUP puts another in its place; what
// was planned by the old one keeps its own steps.
#include <carillon/error.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::notify {

enum class Mode {
    all,           // every channel at once
    first,         // the next channel only if the one before it fails
    unless_acked,  // each channel in its time, unless a device has shown the message by then
};

struct Step {
    enum class Unless { never, acked, read };

    std::string channel;
    std::string template_type;      // empty: the route's
    std::chrono::seconds after{0};  // since the route was due; other than 0 in mode unless_acked only
    Unless unless = Unless::never;  // what makes it superfluous while it waits
};

// Who is told: whom the event names, or everybody of a role.
struct Audience {
    // Dotted, into the event's payload: "customer_id", "customer.id". What stands there is a user id, a phone
    // number or a list of them. The word "actor" alone is the one who caused the event.
    std::string path;
    std::string role;       // when the path is empty
    std::string area_path;  // into the payload: only those of the area found there; empty: everywhere
};

struct Route {
    std::string name;  // "lead.created to salesperson_id": one of a kind, for the timeline
    std::string event;
    Audience to;
    Mode mode = Mode::all;
    std::vector<Step> steps;                      // empty: in the feed only
    std::string template_type;                    // empty: every step has its own
    std::string feed;                             // the message's type in the feed; empty: not in the feed
    bool urgent = false;                          // passes quiet hours and is never gathered into a digest
    bool chatty = false;                          // may be gathered into a digest
    std::optional<std::chrono::seconds> expires;  // since the event: of no use after that
    std::chrono::seconds delay{0};                // how long it is held back before its first step
    int line = 0;                                 // where it stands in the file
};

class Policy {
public:
    explicit Policy(std::vector<Route> routes);
    // The index points into the list, which a move leaves where it is and a copy would not.
    Policy(Policy&&) = default;
    Policy& operator=(Policy&&) = default;

    [[nodiscard]] std::span<const Route* const> routes_for(std::string_view event) const;
    // In the order of the file.
    [[nodiscard]] const std::vector<Route>& routes() const noexcept { return routes_; }

private:
    std::vector<Route> routes_;
    std::map<std::string_view, std::vector<const Route*>> by_event_;
};

// What a policy may speak of.
struct PolicyNames {
    std::vector<std::string> channels;
    std::vector<std::string> templates;  // empty: not checked
};

// On failure every fault is told, each as {"config/routing.toml:12:3", what was found and what was expected}.
[[nodiscard]] Result<Policy> parse_policy(std::string_view toml_text, std::string_view file_name,
                                          const PolicyNames& known);

// A channel's place in mode unless_acked where the file names channels only.
[[nodiscard]] Step default_step(std::string_view channel);
// "customer_id", "every customer in area".
[[nodiscard]] std::string name_of(const Audience& audience);
[[nodiscard]] std::string_view name_of(Mode mode) noexcept;
[[nodiscard]] std::string_view name_of(Step::Unless unless) noexcept;

}  // namespace carillon::notify
