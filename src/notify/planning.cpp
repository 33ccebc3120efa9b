#include "notify/planning.hpp"

#include <algorithm>
#include <carillon/phone.hpp>
#include <unordered_set>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/broadcast_store.hpp"
#include "notify/people.hpp"
#include "notify/plan_store.hpp"

namespace carillon::notify {
namespace {

// So many people, and it is a campaign: it goes behind what concerns one person.
constexpr std::size_t many = 50;

// Counts down what each channel has room for.
class RoomLeft {
public:
    explicit RoomLeft(Room room) : room_{std::move(room)} {}
    bool take(std::string_view channel) {
        const auto left = room_.find(channel);
        if (left == room_.end() || left->second == 0) return false;
        --left->second;
        return true;
    }

private:
    Room room_;
};

struct Told {
    const Event* event;
    Route direct;  // of an event that brings its own
    std::vector<const Route*> routes;
};

std::vector<Told> routes_for(const std::vector<const Event*>& events, const Policy& policy) {
    std::vector<Told> all;
    all.reserve(events.size());
    for (const auto* event : events) {
        Told told{event, {}, {}};
        if (event->type == direct_event) {
            told.direct = direct_route(*event);
        } else {
            const auto routes = policy.routes_for(event->type);
            told.routes.assign(routes.begin(), routes.end());
        }
        all.push_back(std::move(told));
    }
    for (auto& told : all) {
        if (told.event->type == direct_event) told.routes.push_back(&told.direct);
    }
    return all;
}

class Batch {
public:
    Batch(db::Session& session, const PlanningTerms& terms, const TemplateBook& book, Time now)
        : session_{session},
          terms_{terms},
          now_{now},
          room_{terms.room},
          writer_{terms.channels, book, terms.settings, now,
                  [this](std::string_view channel) { return room_.take(channel); }} {}

    Planned run(const std::vector<const Event*>& events) {
        const auto all = routes_for(events, *terms_.policy);
        find_everybody(all);
        for (const auto& told : all) plan(told);
        std::unordered_map<std::string, Time> times;
        for (const auto* event : events) times.emplace(event->id.value(), event->at);
        auto planned = write_and_hand_over(session_, writer_.plan(), times, now_, terms_);
        planned.broadcasts = broadcasts_;
        return planned;
    }

private:
    void find_everybody(const std::vector<Told>& all) {
        std::vector<std::string> names;
        for (const auto& told : all) {
            for (const auto* route : told.routes) {
                const auto named = names_in(*told.event, route->to);
                if (named.size() <= terms_.most_at_once)
                    names.insert(names.end(), named.begin(), named.end());
            }
        }
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        people_ = find_people(session_, names);
    }

    void plan(const Told& told) {
        PlannedEvent planned;
        planned.id = told.event->id;
        if (told.routes.empty()) writer_.tell_nobody(*told.event, "", Reason::no_route);
        for (const auto* route : told.routes) {
            const auto names = names_in(*told.event, route->to);
            if (!route->to.role.empty() || names.size() > terms_.most_at_once)
                planned.broadcast = start_broadcast(*told.event, *route, names.size());
            else
                planned.recipients += tell_all(*told.event, *route, names);
        }
        writer_.plan().events.push_back(std::move(planned));
    }

    int tell_all(const Event& event, const Route& route, const std::vector<std::string>& names) {
        if (names.empty()) writer_.tell_nobody(event, route.name, Reason::no_recipient);
        std::unordered_set<std::string> told;  // somebody may be named by id and by number
        for (const auto& name : names) {
            if (const auto who = people_.find(name); who != people_.end()) {
                if (told.insert(who->second.user.value()).second)
                    writer_.tell(event, route, who->second, names.size() > many);
            } else if (const auto phone = as_phone(name); phone && event.type == direct_event)
                writer_.tell(event, route, find_phone(session_, phone->e164()), false);
            else
                writer_.tell_nobody(event, route.name, Reason::unknown_user, name);
        }
        return static_cast<int>(names.size());
    }

    std::string start_broadcast(const Event& event, const Route& route, std::size_t named) {
        ++broadcasts_;
        return insert_broadcast(session_, event, route, named);
    }

    db::Session& session_;
    const PlanningTerms& terms_;
    Time now_;
    RoomLeft room_;
    PlanWriter writer_;
    People people_;
    std::size_t broadcasts_ = 0;
};

Delivery handed_over(const PlannedDelivery& planned, Time now) {
    Delivery delivery;
    delivery.message = planned.message;
    delivery.channel = planned.channel;
    delivery.fence = 1;
    delivery.bulk = planned.waiting->bulk;
    if (planned.waiting->begun) {
        delivery.begun_at = now;
        delivery.calls = 1;
    }
    delivery.first_at = now;
    return delivery;
}

}  // namespace

Planned write_and_hand_over(db::Session& session, Plan& plan,
                            const std::unordered_map<std::string, Time>& times, Time now,
                            const PlanningTerms& terms) {
    write_plan(session, plan, times, terms.settings.lease, terms.node);
    Planned planned;
    for (const auto& delivery : plan.deliveries) {
        if (!delivery.waiting || delivery.waiting->parked) continue;
        if (delivery.waiting->leased) {
            planned.to_send.push_back(handed_over(delivery, now));
            continue;
        }
        const auto wait = std::max(std::chrono::milliseconds{0},
                                   std::chrono::ceil<std::chrono::milliseconds>(delivery.waiting->due - now));
        if (!planned.next_due || wait < *planned.next_due) planned.next_due = wait;
    }
    planned.feed = std::move(plan.feed);
    if (terms.tell_all) planned.deliveries = std::move(plan.deliveries);
    return planned;
}

Planned plan_events(db::Session& session, const std::vector<Event>& events, const PlanningTerms& terms) {
    std::vector<std::string> ids;
    for (const auto& event : events) ids.push_back(event.id.value());
    auto taken = take_events(session, ids);
    kill_point("plan.taken");
    std::vector<const Event*> ours;
    for (const auto& event : events) {
        if (taken.events.erase(event.id.value()) > 0) ours.push_back(&event);  // each once
    }
    if (ours.empty()) return {};
    const auto book = terms.books.at(session, taken.template_stamp);
    Batch batch{session, terms, *book, taken.now};
    auto planned = batch.run(ours);
    kill_point("plan.written");
    return planned;
}

void give_up_on(db::Session& session, const Event& event, const PlanningTerms& terms) {
    const auto taken = take_events(session, {event.id.value()});
    if (taken.events.empty()) return;
    const auto book = terms.books.at(session, taken.template_stamp);
    PlanWriter writer{terms.channels, *book, terms.settings, taken.now,
                      [](std::string_view) { return false; }};
    writer.tell_nobody(event, "", Reason::planning_failed);
    writer.plan().events.push_back({event.id, 0, {}});
    write_plan(session, writer.plan(), {{event.id.value(), event.at}}, terms.settings.lease, terms.node);
}

std::vector<std::string> names_told(const Event& event, const Policy& policy) {
    std::vector<std::string> names;
    if (event.type == direct_event) return names_in(event, direct_route(event).to);
    for (const auto* route : policy.routes_for(event.type)) {
        auto named = names_in(event, route->to);
        names.insert(names.end(), std::make_move_iterator(named.begin()),
                     std::make_move_iterator(named.end()));
    }
    return names;
}

}  // namespace carillon::notify
