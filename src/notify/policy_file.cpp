// config/routing.toml into a Policy. Nothing is passed over in silence: a key or a name that means nothing is
// a message that somebody will miss.
#include <carillon/caller.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "notify/policy.hpp"
#include "notify/toml_table.hpp"

namespace carillon::notify {
namespace {

using std::chrono::seconds;

const Names route_keys{"event", "to",     "mode",   "channels", "steps", "template",
                       "feed",  "urgent", "chatty", "expires",  "delay"};
const Names step_keys{"channel", "template", "after", "unless"};
const Names audience_keys{"role", "area"};
// What clients know how to show; a type of another name would reach them and be dropped.
const Names feed_types{"lead_update", "conversation_update", "notification", "lead.distributed"};
constexpr std::array modes{Mode::all, Mode::first, Mode::unless_acked};
constexpr std::array conditions{Step::Unless::never, Step::Unless::acked, Step::Unless::read};
constexpr std::array roles{Role::admin,    Role::service,  Role::salesperson,   Role::property_manager,
                           Role::customer, Role::provider, Role::delivery_agent};

Names views(const std::vector<std::string>& texts) {
    return {texts.begin(), texts.end()};
}

class RouteReader {
public:
    RouteReader(const toml::table& table, const PolicyNames& known, Faults& faults)
        : in_{table, route_keys, faults}, known_{known}, faults_{faults} {
        route_.line = in_.line();
    }

    Route read() {
        read_event_and_audience();
        // A mode nobody knows forbids nothing, so that its steps are not blamed as well.
        route_.mode = in_.one_of("mode", modes, in_.find("mode") ? Mode::unless_acked : Mode::all);
        route_.template_type = template_of(in_);
        route_.feed = in_.choice("feed", feed_types);
        route_.urgent = in_.flag("urgent");
        route_.chatty = in_.flag("chatty");
        route_.expires = in_.duration("expires");
        route_.delay = in_.duration("delay").value_or(seconds{0});
        read_channels();
        read_steps();
        check();
        return std::move(route_);
    }

private:
    void read_event_and_audience() {
        if (!in_.find("event")) in_.fail("missing event");
        route_.event = in_.dotted("event", "lead.created");

        const auto* to = in_.find("to");
        if (!to) return in_.fail("missing to");
        if (to->is_string()) {
            route_.to.path = in_.dotted("to", "customer_id or customer.id");
        } else if (const auto* table = to->as_table()) {
            TableReader audience{*table, audience_keys, faults_};
            if (!audience.find("role")) audience.fail("missing role");
            route_.to.role = audience.choice("role", names_of(roles));
            route_.to.area_path = audience.dotted("area", "area or shop.area");
        } else {
            in_.wrong("to", *to, "a path such as \"customer_id\", or {role = \"customer\", area = \"area\"}");
        }
        route_.name = route_.event + " to " + name_of(route_.to);
    }

    std::string template_of(TableReader& in) {
        const auto given = in.text("template");
        const auto types = views(known_.templates);
        if (given.empty() || types.empty() || among(given, types)) return given;
        in.fail(*in.find("template"), "unknown template " + quoted(given) + hint(given, types));
        return given;
    }

    void read_channels() {
        const auto* node = in_.find("channels");
        if (!node) return;
        const auto* list = node->as_array();
        if (!list || list->empty())
            return in_.wrong("channels", *node, "a list of channels such as [\"push\"]");
        for (const auto& item : *list) {
            if (const auto* name = item.as_string()) {
                auto step = route_.mode == Mode::unless_acked
                                ? default_step(name->get())
                                : Step{.channel = name->get(), .template_type = {}};
                add_step(item, std::move(step));
            } else {
                in_.wrong("channels", item, "the name of a channel");
            }
        }
    }

    void read_steps() {
        const auto* node = in_.find("steps");
        if (!node) return;
        if (in_.find("channels")) in_.fail(*node, "steps: expected either steps or channels, got both");
        const auto* list = node->as_array();
        if (!list || list->empty())
            return in_.wrong("steps", *node,
                             "a list of steps such as [{channel = \"push\", after = \"5s\"}]");
        for (const auto& item : *list) {
            if (const auto* table = item.as_table()) {
                read_step(*table);
            } else {
                in_.wrong("steps", item, "a step such as {channel = \"push\", after = \"5s\"}");
            }
        }
    }

    void read_step(const toml::table& table) {
        TableReader in{table, step_keys, faults_};
        Step step{.channel = in.required("channel"), .template_type = template_of(in)};
        step.after = in.duration("after").value_or(seconds{0});
        // Who lets it wait wants to see whether it is still needed.
        const auto usual = step.after > seconds{0} ? Step::Unless::acked : Step::Unless::never;
        step.unless = in.one_of("unless", conditions, usual);
        for (const auto key : {"after", "unless"}) {
            const auto* node = in.find(key);
            if (!node || route_.mode == Mode::unless_acked) continue;
            in.fail(*node, std::string{key} + ": expected in mode unless_acked only, got it in mode " +
                               std::string{name_of(route_.mode)});
        }
        if (!step.channel.empty()) add_step(*in.find("channel"), std::move(step));
    }

    void add_step(const toml::node& node, Step step) {
        const auto channels = views(known_.channels);
        if (!among(step.channel, channels))
            in_.fail(node, "unknown channel " + quoted(step.channel) + hint(step.channel, channels));
        const auto is_same = [&step](const Step& earlier) { return earlier.channel == step.channel; };
        if (std::any_of(route_.steps.begin(), route_.steps.end(), is_same))
            in_.fail(node, "channel " + quoted(step.channel) + " stands twice in one route");
        route_.steps.push_back(std::move(step));
    }

    // What no key is wrong about alone.
    void check() {
        if (!in_.find("channels") && !in_.find("steps") && !in_.find("feed"))
            in_.fail("tells nobody: expected channels, steps or feed");
        const auto is_wordless = [](const Step& step) { return step.template_type.empty(); };
        if (!in_.find("template") && std::any_of(route_.steps.begin(), route_.steps.end(), is_wordless))
            in_.fail("missing template: a message needs its words");
        if (route_.urgent && route_.chatty)
            in_.fail(*in_.find("chatty"), "chatty: what is urgent is never gathered into a digest");
        if (route_.chatty && route_.mode == Mode::first)
            in_.fail(*in_.find("chatty"),
                     "chatty: in mode first a channel would wait for a message that is gathered");
        if (!route_.expires) return;
        auto latest = route_.delay;
        for (const auto& step : route_.steps) latest = std::max(latest, route_.delay + step.after);
        if (*route_.expires <= latest)
            in_.fail(*in_.find("expires"),
                     "expires: expected more than the " + std::to_string(latest.count()) +
                         "s that the last step waits, got " + std::to_string(route_.expires->count()) + "s");
    }

    TableReader in_;
    const PolicyNames& known_;
    Faults& faults_;
    Route route_;
};

void check_doubles(const std::vector<Route>& routes, const toml::array& list, Faults& faults) {
    std::map<std::string_view, int> line_of;
    for (std::size_t i = 0; i < routes.size(); ++i) {
        const auto& route = routes[i];
        if (route.event.empty() || name_of(route.to).empty()) continue;  // told already
        const auto [first, is_new] = line_of.try_emplace(route.name, route.line);
        if (!is_new)
            faults.add(list[i].source(), "the route " + route.name + " stands at line " +
                                             std::to_string(first->second) + " already");
    }
}

std::vector<Route> read_routes(const toml::table& root, const PolicyNames& known, Faults& faults) {
    std::vector<Route> routes;
    TableReader in{root, {"route"}, faults};
    const auto* node = in.find("route");
    if (!node) {
        in.fail("expected at least one [[route]]");
        return routes;
    }
    const auto* list = node->as_array();
    if (!list || !list->is_array_of_tables() || list->empty()) {
        in.wrong("route", *node, "tables, each under [[route]]");
        return routes;
    }
    for (const auto& item : *list) routes.push_back(RouteReader{*item.as_table(), known, faults}.read());
    check_doubles(routes, *list, faults);
    return routes;
}

}  // namespace

Result<Policy> parse_policy(std::string_view toml_text, std::string_view file_name,
                            const PolicyNames& known) {
    Faults faults{file_name};
    std::vector<Route> routes;
    try {
        routes = read_routes(toml::parse(toml_text), known, faults);
    } catch (const toml::parse_error& error) {
        faults.add(error.source(), "not TOML: " + std::string{error.description()});
    }
    if (!faults.empty()) return faults.error();
    return Policy{std::move(routes)};
}

}  // namespace carillon::notify
