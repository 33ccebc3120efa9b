#include "notify/journal_why.hpp"

#include <algorithm>
#include <utility>

#include "notify/journal_timeline.hpp"

namespace carillon::notify {
namespace {

std::string counted(std::int64_t count, const char* one, const char* many) {
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

bool is_told(const WhyFacts& facts) {
    return facts.feed || !facts.channels.empty();
}

const BroadcastRow* running_past(const WhyFacts& facts) {
    const auto may_come = [&facts](const BroadcastRow& job) {
        return job.status == "running" && facts.user > job.position;
    };
    const auto found = std::find_if(facts.broadcasts.begin(), facts.broadcasts.end(), may_come);
    return found == facts.broadcasts.end() ? nullptr : &*found;
}

WhyVerdict judge(const WhyFacts& facts) {
    if (!facts.event) return WhyVerdict::no_such_event;
    if (is_told(facts)) return WhyVerdict::told;
    if (!facts.user_known) return WhyVerdict::no_such_user;
    if (!facts.plan) return WhyVerdict::not_planned;
    return running_past(facts) ? WhyVerdict::not_yet : WhyVerdict::not_a_recipient;
}

std::string about_outbox(const WhyFacts& facts) {
    if (!facts.outbox)
        return "It is neither planned nor waiting to be: its row is lost; `carillon doctor --audit` lists "
               "such.";
    const auto& [due, tries] = *facts.outbox;
    std::string tried = tries > 0 ? " Planning was tried " + counted(tries, "time", "times") + "." : "";
    if (due > facts.now)
        return "It is not planned yet: a server has taken it on and has until " + to_rfc3339(due) +
               "; then another takes over." + tried;
    return "It is not planned yet: it has waited since " + to_rfc3339(due) + " for a server to plan it." +
           tried;
}

std::string about_plan(const PlanRow& plan) {
    return "It was planned at " + to_rfc3339(plan.planned_at) + " for " +
           counted(plan.recipients, "recipient", "recipients") + ": " +
           counted(plan.deliveries, "delivery", "deliveries") + " and " +
           counted(plan.feed_rows, "place in a feed", "places in feeds") + ".";
}

std::string about_broadcast(const BroadcastRow& job) {
    const auto progress = std::to_string(job.planned) + " of " + std::to_string(job.total);
    if (job.status == "done") return "The broadcast " + job.id + " told " + progress + " and is done.";
    return "The broadcast " + job.id + " has told " + progress + " and goes on.";
}

std::string about_feed(const FeedRow& feed) {
    return "It stands in the feed of " + feed.user + " as number " + std::to_string(feed.seq) + " since " +
           to_rfc3339(feed.created_at) +
           (feed.read_at ? ", and was read at " + to_rfc3339(*feed.read_at) + "."
                         : ", and has not been read.");
}

std::string about_readers(const WhyFacts& facts) {
    std::string devices;
    for (const auto& reader : facts.readers)
        if (reader.acked_seq >= facts.feed->seq)
            devices.append(devices.empty() ? "" : ", ").append(reader.device);
    return devices.empty() ? "No device has acknowledged it." : "Acknowledged by: " + devices + ".";
}

std::string when_of(const LogMessage& message) {
    const auto& status = message.status;
    const auto at = status == "read"        ? message.read_at
                    : status == "delivered" ? message.delivered_at
                    : status == "sent"      ? message.sent_at
                                            : message.failed_at;
    return at ? " at " + to_rfc3339(*at) : "";
}

std::string about_waiting(const QueueRow& queue) {
    if (queue.begun_at)
        return "attempt " + std::to_string(queue.attempt) + " has been under way since " +
               to_rfc3339(*queue.begun_at) + ".";
    auto text = queue.due ? "next step at " + to_rfc3339(*queue.due) : std::string{"parked"};
    if (queue.reason != "none") text += ". " + sentence_of(queue.reason);
    return text.back() == '.' ? text : text + '.';
}

std::string about_channel(const WhyChannel& channel) {
    const auto& message = channel.message;
    auto text = message.channel + " (" + message.id.value() + "): " + message.status + when_of(message);
    if (message.attempt > 1) text += ", after " + counted(message.attempt, "attempt", "attempts");
    if (channel.queue) text += "; " + about_waiting(*channel.queue);
    if (text.back() != '.') text += '.';
    const bool said = channel.queue && channel.queue->reason == message.reason;
    if (message.reason != "none" && !said) text += ' ' + sentence_of(message.reason);
    if (message.detail) text += " (" + *message.detail + ")";
    return text;
}

std::string about_nobody(const LogMessage& message) {
    auto text = "A route told nobody. " + sentence_of(message.reason);
    if (message.detail) text += " (" + *message.detail + ")";
    return text;
}

// What happened to the event itself, before any one user comes into it.
void tell_event(Why& why) {
    const auto& facts = why.facts;
    const auto& event = *facts.event;
    why.sentences.push_back("The event " + event.id.value() + " (" + event.type + ") was accepted at " +
                            to_rfc3339(event.created_at) + ".");
    why.sentences.push_back(facts.plan ? about_plan(*facts.plan) : about_outbox(facts));
    for (const auto& job : facts.broadcasts) why.sentences.push_back(about_broadcast(job));
    for (const auto& message : facts.nobody) why.sentences.push_back(about_nobody(message));
}

void tell_user(Why& why) {
    const auto& facts = why.facts;
    auto& say = why.sentences;
    switch (why.verdict) {
        case WhyVerdict::no_such_event: break;
        case WhyVerdict::no_such_user: say.push_back("There is no user " + facts.user + "."); break;
        case WhyVerdict::not_planned: break;
        case WhyVerdict::not_yet: say.push_back("It has not come to " + facts.user + " yet."); break;
        case WhyVerdict::not_a_recipient:
            say.push_back("The user " + facts.user +
                          " is not among those who are told: there is no delivery for them, and no place in "
                          "their feed (unless that has been trimmed since).");
            break;
        case WhyVerdict::told:
            if (facts.feed) {
                say.push_back(about_feed(*facts.feed));
                say.push_back(about_readers(facts));
            } else {
                say.push_back("It has no place in the feed of " + facts.user +
                              ": the route gives it none, or it has been trimmed.");
            }
            for (const auto& channel : facts.channels) say.push_back(about_channel(channel));
            break;
    }
}

}  // namespace

std::string_view name_of(WhyVerdict verdict) noexcept {
    switch (verdict) {
        case WhyVerdict::no_such_event: return "no_such_event";
        case WhyVerdict::no_such_user: return "no_such_user";
        case WhyVerdict::not_planned: return "not_planned";
        case WhyVerdict::not_yet: return "not_yet";
        case WhyVerdict::not_a_recipient: return "not_a_recipient";
        case WhyVerdict::told: return "told";
    }
    return "";
}

Why explain(WhyFacts facts) {
    Why why;
    why.facts = std::move(facts);
    why.verdict = judge(why.facts);
    if (why.facts.event)
        tell_event(why);
    else
        why.sentences.push_back("There is no event " + why.facts.asked_event +
                                "; it was never accepted, or its month is no longer kept.");
    tell_user(why);
    return why;
}

}  // namespace carillon::notify
