#include "notify/journal_timeline.hpp"

#include <algorithm>
#include <carillon/reason.hpp>
#include <utility>

namespace carillon::notify {
namespace {

Json or_null(const MaybeText& text) {
    return text ? Json(*text) : Json{};
}

Json or_null(const MaybeTime& time) {
    return time ? Json(to_rfc3339(*time)) : Json{};
}

class Timeline {
public:
    explicit Timeline(const MessageFacts& facts) : facts_{facts} {}

    // In the order of cause and effect: entries of the same instant stay in it, and nothing goes before the
    // event and its plan, whose times may be of two clocks.
    std::vector<TimelineEntry> run() {
        add_event();
        add_plan();
        const auto beginning = static_cast<std::ptrdiff_t>(entries_.size());
        add_feed();
        add_attempts();
        add_interventions();
        add_receipts();
        add_states();
        add_waiting();
        const auto earlier = [](const TimelineEntry& a, const TimelineEntry& b) { return a.at < b.at; };
        std::stable_sort(entries_.begin() + beginning, entries_.end(), earlier);
        return std::move(entries_);
    }

private:
    void add(Time at, std::string what, Json detail) {
        entries_.push_back({at, std::move(what), std::move(detail)});
    }

    void add_event() {
        if (!facts_.event) return;
        const auto& event = *facts_.event;
        add(event.created_at, "event_accepted",
            {{"event_id", event.id.value()},
             {"type", event.type},
             {"actor", or_null(event.actor)},
             {"subject", or_null(event.subject)}});
    }

    void add_plan() {
        Json detail{{"route", or_null(facts_.route)},
                    {"mode", facts_.mode.empty() ? Json{} : Json(facts_.mode)},
                    {"step", facts_.step},
                    {"language", or_null(facts_.message.language)},
                    {"digest_of", or_null(facts_.digest_of)},
                    {"other_channels", Json::array()}};
        for (const auto& other : facts_.siblings)
            detail["other_channels"].push_back({{"id", other.id.value()},
                                                {"channel", other.channel},
                                                {"step", other.step},
                                                {"status", other.status},
                                                {"reason", other.reason}});
        const auto planned = facts_.plan ? facts_.plan->planned_at : facts_.message.created_at;
        add(std::max(planned, last()), "planned", std::move(detail));
    }

    void add_feed() {
        if (!facts_.feed) return;
        const auto& feed = *facts_.feed;
        add(feed.created_at, "stored_in_feed", {{"seq", feed.seq}, {"type", feed.type}});
        for (const auto& reader : facts_.readers) {
            if (reader.acked_seq < feed.seq) continue;
            // When exactly is not kept; not later than the device was last heard of.
            add(std::max(reader.seen_at, feed.created_at), "acknowledged",
                {{"device", reader.device}, {"acked_seq", reader.acked_seq}, {"at_the_latest", true}});
        }
        if (feed.read_at) add(*feed.read_at, "read_in_feed", {{"seq", feed.seq}});
    }

    void add_attempts() {
        for (const auto& attempt : facts_.attempts) {
            auto detail = explained(attempt.reason);
            detail.update({{"attempt", attempt.attempt},
                           {"ended_at", to_rfc3339(attempt.ended_at)},
                           {"node", attempt.node},
                           {"verdict", attempt.verdict},
                           {"answer", attempt.answer}});
            add(attempt.begun_at, "attempt", std::move(detail));
        }
        const auto& queue = facts_.queue;
        if (!queue || !queue->begun_at) return;
        add(*queue->begun_at, "attempt_under_way",
            {{"attempt", queue->attempt},
             {"node", or_null(queue->node)},
             {"lease_until", or_null(queue->due)}});
    }

    void add_interventions() {
        for (const auto& each : facts_.interventions)
            add(each.at, "intervention", {{"action", each.what}, {"actor", each.actor}});
    }

    void add_receipts() {
        for (const auto& receipt : facts_.receipts)
            add(receipt.occurred_at, "receipt",
                {{"provider", receipt.provider},
                 {"event_id", receipt.event_id},
                 {"kind", receipt.kind},
                 {"received_at", to_rfc3339(receipt.received_at)},
                 {"body", receipt.body}});
    }

    void add_states() {
        const auto& message = facts_.message;
        if (message.sent_at)
            add(*message.sent_at, "sent", {{"provider_message_id", or_null(message.provider_message_id)}});
        if (message.delivered_at) add(*message.delivered_at, "delivered", Json::object());
        if (message.read_at) add(*message.read_at, "read", Json::object());

        const auto& status = message.status;
        const bool ended_badly =
            status == "failed" || status == "dead" || status == "skipped" || status == "unknown";
        if (!ended_badly) return;
        auto detail = explained(message.reason);
        detail["detail"] = or_null(message.detail);
        add(message.failed_at.value_or(last()), status, std::move(detail));
    }

    // What holds now, and so stands behind all that was.
    void add_waiting() {
        const auto& queue = facts_.queue;
        if (!queue || queue->begun_at) return;
        auto detail = explained(queue->reason);
        detail.update({{"state", queue->state},
                       {"until", or_null(queue->due)},
                       {"unless", or_null(queue->unless)},
                       {"expires_at", or_null(queue->expires_at)}});
        add(std::max(last(), queue->first_at), "waits", std::move(detail));
    }

    [[nodiscard]] Time last() const {
        auto latest = facts_.message.created_at;
        for (const auto& entry : entries_) latest = std::max(latest, entry.at);
        return latest;
    }

    const MessageFacts& facts_;
    std::vector<TimelineEntry> entries_;
};

}  // namespace

std::vector<TimelineEntry> timeline_of(const MessageFacts& facts) {
    return Timeline{facts}.run();
}

std::string sentence_of(const std::string& reason) {
    const auto known = reason_named(reason);
    return known ? std::string{about(*known)} : reason;
}

Json explained(const std::string& reason) {
    return {{"reason", reason}, {"about", sentence_of(reason)}};
}

}  // namespace carillon::notify
