#include "notify/plan.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace carillon::notify {
namespace {

const Json* at_path(const Json& payload, std::string_view path) {
    const Json* value = &payload;
    while (!path.empty()) {
        const auto dot = path.find('.');
        const auto key = path.substr(0, dot);
        if (!value->is_object()) return nullptr;
        const auto found = value->find(std::string{key});
        if (found == value->end()) return nullptr;
        value = &*found;
        path = dot == path.npos ? std::string_view{} : path.substr(dot + 1);
    }
    return value;
}

void add_name(const Json& value, std::vector<std::string>& names, std::unordered_set<std::string>& seen) {
    std::string name;
    if (value.is_string())
        name = value.get<std::string>();
    else if (value.is_number_integer())
        name = value.dump();
    if (!name.empty() && seen.insert(name).second) names.push_back(std::move(name));
}

}  // namespace

struct PlanWriter::Draft {
    const Event& event;
    const Route& route;
    const Recipient& who;
    bool many;
    Json context;
};

std::vector<std::string> names_in(const Event& event, const Audience& audience) {
    std::vector<std::string> names;
    std::unordered_set<std::string> seen;
    if (audience.path == "actor") {
        if (!event.actor.empty()) names.push_back(event.actor.value());
        return names;
    }
    const auto* value = audience.path.empty() ? nullptr : at_path(event.payload, audience.path);
    if (!value) return names;
    if (value->is_array())
        for (const auto& item : *value) add_name(item, names, seen);
    else
        add_name(*value, names, seen);
    return names;
}

Route direct_route(const Event& event) {
    Route route;
    route.name = "direct";
    route.event = std::string{direct_event};
    route.to.path = "to";
    route.template_type = event.payload.value("message_type", "");
    route.urgent = event.payload.value("urgent", false);
    Step step;
    step.channel = event.payload.value("channel", "");
    route.steps.push_back(std::move(step));
    return route;
}

Json shown_payload(const Event& event, const Route& route) {
    auto payload = event.payload;
    const auto* named = route.to.path.empty() ? nullptr : at_path(payload, route.to.path);
    if (named && named->is_array()) {
        auto place = "/" + route.to.path;
        std::replace(place.begin(), place.end(), '.', '/');
        const Json::json_pointer pointer{place};
        payload[pointer.parent_pointer()].erase(pointer.back());
    }
    return payload;
}

namespace {

Json base_context(const Event& event, const Route& route) {
    const bool direct = route.event == direct_event;
    return direct ? event.payload.value("context", Json::object()) : shown_payload(event, route);
}

Json for_reader(Json context, const Recipient& who) {
    if (!who.name.empty() && !context.contains("customer_name")) context["customer_name"] = who.name;
    context["recipient"] = {{"id", who.user.value()}, {"name", who.name}};
    return context;
}

}  // namespace

Json context_for(const Event& event, const Route& route, const Recipient& who) {
    return for_reader(base_context(event, route), who);
}

const PlanWriter::Shared& PlanWriter::share(const Event& event, const Route& route) {
    auto of = event.id.value() + "/" + route.name;
    if (shared_.of == of) return shared_;
    shared_.of = std::move(of);
    shared_.context = base_context(event, route);
    const auto own = event.payload.find("feed");
    const bool has_own = own != event.payload.end() && own->is_object();
    shared_.body = std::make_shared<const std::string>(to_text(has_own ? *own : shared_.context));
    return shared_;
}

PlanWriter::PlanWriter(const Channels& channels, const TemplateBook& book, const PlanSettings& settings,
                       Time now, Room room)
    : channels_{channels}, book_{book}, settings_{settings}, now_{now}, room_{std::move(room)} {}

void PlanWriter::tell(const Event& event, const Route& route, const Recipient& who, bool many) {
    if (!route.feed.empty() && !who.user.empty()) add_to_feed(event, route, who);
    const Draft draft{event, route, who, many, for_reader(share(event, route).context, who)};
    bool earlier_waits = false;
    for (std::size_t index = 0; index < route.steps.size(); ++index) add_step(draft, index, earlier_waits);
    if (route.steps.empty() && route.feed.empty()) tell_nobody(event, route.name, Reason::no_route);
}

void PlanWriter::tell_nobody(const Event& event, std::string_view route, Reason reason, std::string detail) {
    PlannedDelivery delivery;
    delivery.message.id = DeliveryId{make_id("msg_")};
    delivery.message.event = event.id;
    delivery.message.type = event.type;
    delivery.channel = "none";
    delivery.route = route;
    delivery.reference = event.subject;
    delivery.status = reason == Reason::planning_failed ? "dead" : "skipped";
    delivery.reason = reason;
    delivery.detail = std::move(detail);
    plan_.deliveries.push_back(std::move(delivery));
}

void PlanWriter::add_to_feed(const Event& event, const Route& route, const Recipient& who) {
    // One place in a feed for one event, whichever of its routes comes first.
    if (!in_feed_.insert(event.id.value() + who.user.value()).second) return;
    plan_.feed.push_back({event.id, who.user, route.feed, share(event, route).body, 0, now_});
}

Reason PlanWriter::refusal(const Event& event, const Channel* channel, std::string_view name,
                           const Recipient& who) const {
    if (!channel || !channel->disabled().empty()) return Reason::channel_disabled;
    if (who.has_off(name)) return Reason::channel_off;
    if (who.has_muted(event.type)) return Reason::muted;
    switch (channel->address()) {
        case Channel::Address::user: return who.user.empty() ? Reason::no_address : Reason::none;
        case Channel::Address::device: return who.targets.empty() ? Reason::no_device : Reason::none;
        case Channel::Address::phone:
            if (who.phone.empty()) return Reason::no_address;
            return who.opted_out ? Reason::opted_out : Reason::none;
    }
    return Reason::none;
}

void PlanWriter::add_step(const Draft& draft, std::size_t index, bool& earlier_waits) {
    const auto& step = draft.route.steps[index];
    PlannedDelivery delivery;
    auto& message = delivery.message;
    message.id = DeliveryId{make_id("msg_")};
    message.event = draft.event.id;
    message.user = draft.who.user;
    message.type = step.template_type.empty() ? draft.route.template_type : step.template_type;
    message.traceparent = draft.event.traceparent;
    delivery.channel = step.channel;
    delivery.route = draft.route.name;
    delivery.reference = draft.event.subject;
    delivery.step = static_cast<int>(index);

    const auto* channel = channels_.find(step.channel);
    if (channel && channel->address() == Channel::Address::phone) message.phone = draft.who.phone;
    // Rendered whether it goes or not, so that an operator can send it once what was in its way is gone.
    const bool written = render(delivery, draft);
    const auto refused = refusal(draft.event, channel, step.channel, draft.who);
    if (refused != Reason::none) {
        skip(delivery, refused);
        delivery.detail =
            refused == Reason::channel_disabled && channel ? std::string{channel->disabled()} : "";
    } else if (written) {
        const bool parked = draft.route.mode == Mode::first && earlier_waits;
        schedule(delivery, draft, *channel, parked);
        if (delivery.waiting) earlier_waits = true;
    }
    plan_.deliveries.push_back(std::move(delivery));
}

void PlanWriter::skip(PlannedDelivery& delivery, Reason reason) const {
    delivery.status = "skipped";
    delivery.reason = reason;
}

bool PlanWriter::render(PlannedDelivery& delivery, const Draft& draft) const {
    auto& message = delivery.message;
    const auto& language = draft.who.language.empty() ? settings_.language : draft.who.language;
    auto rendered = book_.render(message.type, delivery.channel, language, draft.context);
    if (rendered.has_value()) {
        message.language = std::move(rendered->language);
        message.text = std::move(rendered->text);
        message.content = std::move(rendered->content);
        return true;
    }
    delivery.status = "dead";
    delivery.reason = reason_named(rendered.error().code).value_or(Reason::template_failed);
    delivery.detail = rendered.error().detail;
    for (const auto& field : rendered.error().fields)
        delivery.detail += "; " + field.field + " " + field.message;
    return false;
}

void PlanWriter::schedule(PlannedDelivery& delivery, const Draft& draft, const Channel& channel,
                          bool parked) const {
    const auto& step = draft.route.steps[static_cast<std::size_t>(delivery.step)];
    Waiting waiting;
    waiting.due = now_ + draft.route.delay + step.after;
    waiting.bulk = draft.many;
    waiting.urgent = draft.route.urgent;
    waiting.unless = step.unless;
    waiting.parked = parked;
    const bool last = delivery.step + 1 == static_cast<int>(draft.route.steps.size());
    waiting.fallback = draft.route.mode == Mode::first && !last;
    if (draft.route.expires) waiting.expires_at = draft.event.at + *draft.route.expires;
    if (step.unless != Step::Unless::never) waiting.reason = Reason::unacked;
    hold_back(waiting, draft, channel);
    if (parked) waiting.reason = Reason::earlier_channel;
    if (waiting.expires_at && waiting.due >= *waiting.expires_at) return skip(delivery, Reason::expired);

    delivery.status = "queued";
    delivery.reason = waiting.reason;
    delivery.message.window_open_till = draft.who.window_open_till;
    delivery.message.expires_at = waiting.expires_at;
    if (channel.address() == Channel::Address::device) delivery.message.targets = draft.who.targets;
    const bool gathers = draft.route.chatty && !draft.route.urgent && channel.disturbs() && !parked;
    if (gathers && draft.who.digest) delivery.digest = draft.who.digest;
    waiting.leased = !parked && !delivery.digest && waiting.due <= now_ && room_(delivery.channel);
    waiting.begun = waiting.leased && channel.repeatable();
    delivery.waiting = waiting;
}

// What the user wants, and what an open app can do itself.
void PlanWriter::hold_back(Waiting& waiting, const Draft& draft, const Channel& channel) const {
    if (channel.address() == Channel::Address::device && draft.who.in_foreground &&
        !draft.route.feed.empty()) {
        const auto shown_by = now_ + settings_.foreground_grace;
        if (waiting.unless == Step::Unless::never) waiting.unless = Step::Unless::acked;
        if (waiting.due < shown_by) {
            waiting.due = shown_by;
            waiting.reason = Reason::foreground;
        }
    }
    const auto& quiet = draft.who.quiet_until;
    if (quiet && !draft.route.urgent && channel.disturbs() && waiting.due < *quiet) {
        waiting.due = *quiet;
        waiting.reason = Reason::quiet_hours;
    }
}

}  // namespace carillon::notify
