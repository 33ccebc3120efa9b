#include "admin/notifications/present.hpp"

#include <algorithm>
#include <carillon/reason.hpp>
#include <utility>

#include "notify/journal_timeline.hpp"

namespace carillon::admin {
namespace {

using admin::to_json;  // beside those of this file
using notify::MaybeText;
using notify::MaybeTime;

Json or_null(const MaybeText& text) {
    return text ? Json(*text) : Json{};
}

Json or_null(const MaybeTime& time) {
    return time ? Json(to_rfc3339(*time)) : Json{};
}

Json error_message(const notify::LogMessage& message) {
    const auto& status = message.status;
    if (status != "failed" && status != "dead" && status != "unknown") return {};
    return notify::sentence_of(message.reason);
}

Json to_json(const notify::QueueRow& queue) {
    return {{"state", queue.state},
            {"reason", queue.reason},
            {"about", notify::sentence_of(queue.reason)},
            {"due", or_null(queue.due)},
            {"attempt", queue.attempt},
            {"begun_at", or_null(queue.begun_at)},
            {"node", or_null(queue.node)},
            {"unless", or_null(queue.unless)},
            {"expires_at", or_null(queue.expires_at)}};
}

Json to_json(const notify::FeedRow& feed) {
    return {{"user_id", feed.user},
            {"seq", feed.seq},
            {"type", feed.type},
            {"created_at", to_rfc3339(feed.created_at)},
            {"read_at", or_null(feed.read_at)}};
}

Json to_json(const notify::ReaderRow& reader) {
    return {
        {"device", reader.device}, {"acked_seq", reader.acked_seq}, {"seen_at", to_rfc3339(reader.seen_at)}};
}

Json to_json(const notify::Sibling& sibling) {
    return {{"id", sibling.id.value()},
            {"channel", sibling.channel},
            {"step", sibling.step},
            {"status", sibling.status},
            {"reason", sibling.reason}};
}

Json to_json(const notify::TimelineEntry& entry) {
    return {{"at", to_rfc3339(entry.at)}, {"what", entry.what}, {"detail", entry.detail}};
}

Json to_json(const notify::EventRow& event) {
    return {{"id", event.id.value()},
            {"type", event.type},
            {"actor", or_null(event.actor)},
            {"subject", or_null(event.subject)},
            {"created_at", to_rfc3339(event.created_at)}};
}

Json to_json(const notify::PlanRow& plan) {
    return {{"planned_at", to_rfc3339(plan.planned_at)},
            {"recipients", plan.recipients},
            {"deliveries", plan.deliveries},
            {"feed_rows", plan.feed_rows},
            {"broadcast", or_null(plan.broadcast)}};
}

Json to_json(const notify::OutboxRow& outbox) {
    return {{"due", to_rfc3339(outbox.due)}, {"tries", outbox.tries}};
}

Json to_json(const notify::BroadcastRow& job) {
    return {{"id", job.id},
            {"route", job.route},
            {"total", job.total},
            {"planned", job.planned},
            {"status", job.status},
            {"created_at", to_rfc3339(job.created_at)},
            {"finished_at", or_null(job.finished_at)}};
}

Json to_json(const notify::EventCounts& counts) {
    std::int64_t messages = 0;
    for (const auto& [status, n] : counts.by_status) messages += n;
    return {{"messages", messages},
            {"by_status", counts.by_status},
            {"feed", counts.feed},
            {"feed_read", counts.feed_read}};
}

Json to_json(const notify::DayCounts& day) {
    std::int64_t total = 0;
    for (const auto& [status, n] : day.by_status) total += n;
    return {{"day", day.day}, {"total", total}, {"by_status", day.by_status}};
}

// Behind all that they are used with: a template finds what was declared before it.
Json to_json(const notify::WhyChannel& channel);

template <class Value>
Json list_of(const std::vector<Value>& values) {
    Json list = Json::array();
    for (const auto& value : values) list.push_back(to_json(value));
    return list;
}

template <class Value>
Json maybe(const std::optional<Value>& value) {
    return value ? to_json(*value) : Json{};
}

Json to_json(const notify::WhyChannel& channel) {
    return {{"id", channel.message.id.value()},
            {"channel", channel.message.channel},
            {"status", channel.message.status},
            {"reason", channel.message.reason},
            {"about", notify::sentence_of(channel.message.reason)},
            {"detail", or_null(channel.message.detail)},
            {"attempt", channel.message.attempt},
            {"created_at", to_rfc3339(channel.message.created_at)},
            {"sent_at", or_null(channel.message.sent_at)},
            {"delivered_at", or_null(channel.message.delivered_at)},
            {"read_at", or_null(channel.message.read_at)},
            {"failed_at", or_null(channel.message.failed_at)},
            {"queue", maybe(channel.queue)}};
}

const char* state_of(const notify::EventStory& story) {
    if (!story.plan) return "accepted";
    const auto running = [](const notify::BroadcastRow& job) { return job.status == "running"; };
    const bool goes_on = std::any_of(story.broadcasts.begin(), story.broadcasts.end(), running);
    return goes_on ? "planning" : "planned";
}

}  // namespace

Json to_json(const notify::LogMessage& message) {
    const auto created = to_rfc3339(message.created_at);
    return {{"id", message.id.value()},
            {"event_id", message.event.value()},
            {"user_id", or_null(message.user)},
            {"phone", or_null(message.phone)},
            {"channel", message.channel},
            {"type", message.type},
            {"message_type", message.type},
            {"language", or_null(message.language)},
            {"message_text", or_null(message.text)},
            {"message", or_null(message.text)},
            {"status", message.status},
            {"reason", message.reason},
            {"detail", or_null(message.detail)},
            {"reference_id", or_null(message.reference)},
            {"retry_count", std::max(0, message.attempt - 1)},
            {"attempt", message.attempt},
            {"created_at", created},
            {"timestamp", created},
            {"sent_at", or_null(message.sent_at)},
            {"delivered_at", or_null(message.delivered_at)},
            {"read_at", or_null(message.read_at)},
            {"failed_at", or_null(message.failed_at)},
            {"error_message", error_message(message)},
            {"provider_message_id", or_null(message.provider_message_id)}};
}

Json history_json(const notify::HistoryPage& page, const Json& next_cursor) {
    return {
        {"messages", list_of(page.messages)}, {"count", page.messages.size()}, {"next_cursor", next_cursor}};
}

Json to_json(const notify::MessageFacts& facts) {
    auto answer = to_json(facts.message);
    answer["route"] = or_null(facts.route);
    answer["step"] = facts.step;
    answer["digest_of"] = or_null(facts.digest_of);
    answer["queue"] = maybe(facts.queue);
    answer["feed"] = Json{};
    if (facts.feed) {
        answer["feed"] = to_json(*facts.feed);
        answer["feed"]["readers"] = list_of(facts.readers);
    }
    answer["siblings"] = list_of(facts.siblings);
    answer["timeline"] = list_of(notify::timeline_of(facts));
    return answer;
}

Json to_json(const notify::EventStory& story, Payload payload, const Json& next_cursor) {
    auto event = to_json(story.event);
    if (payload == Payload::shown) event["payload"] = story.event.payload;
    return {{"event", std::move(event)},
            {"state", state_of(story)},
            {"plan", maybe(story.plan)},
            {"outbox", maybe(story.outbox)},
            {"broadcasts", list_of(story.broadcasts)},
            {"counts", maybe(story.counts)},
            {"messages", list_of(story.messages)},
            {"feed", list_of(story.feed)},
            {"next_cursor", next_cursor}};
}

Json to_json(const notify::Why& why) {
    const auto& facts = why.facts;
    Json nobody = Json::array();
    for (const auto& message : facts.nobody)
        nobody.push_back({{"reason", message.reason}, {"detail", or_null(message.detail)}});
    return {{"user_id", facts.user},
            {"event_id", facts.asked_event},
            {"verdict", notify::name_of(why.verdict)},
            {"sentences", why.sentences},
            {"event", maybe(facts.event)},
            {"plan", maybe(facts.plan)},
            {"outbox", maybe(facts.outbox)},
            {"broadcasts", list_of(facts.broadcasts)},
            {"nobody", std::move(nobody)},
            {"feed", maybe(facts.feed)},
            {"readers", list_of(facts.readers)},
            {"channels", list_of(facts.channels)}};
}

Json to_json(const notify::StatisticsReport& report, int days) {
    const auto rate = [](const std::optional<double>& value) { return value ? Json(*value) : Json{}; };
    Json latency;
    if (const auto& ms = report.latency_ms) latency = {{"p50", ms->p50}, {"p95", ms->p95}, {"p99", ms->p99}};
    return {{"days", days},
            {"from", to_rfc3339(report.from)},
            {"total_messages", report.total()},
            {"by_status", report.by_status},
            {"by_channel", report.by_channel},
            {"by_channel_status", report.by_channel_status},
            {"by_type", report.by_type},
            {"by_day", list_of(report.by_day)},
            {"success_rate", rate(report.success_rate())},
            {"delivery_rate", rate(report.delivery_rate())},
            {"retries", report.retries},
            {"reasons", report.reasons},
            {"queue_size", report.queue_size},
            {"latency_ms", std::move(latency)}};
}

Json to_json(const notify::StoredTemplate& stored) {
    return {{"type", stored.type},
            {"name", stored.type},
            {"channel", stored.channel},
            {"language", stored.language},
            {"version", stored.version},
            {"content", stored.content},
            {"options", stored.options},
            {"active", stored.active},
            {"category", stored.category},
            {"updated_at", to_rfc3339(stored.updated_at)},
            {"updated_by", stored.updated_by}};
}

Json to_json(const notify::TemplateVersion& version) {
    return {{"channel", version.channel},      {"language", version.language},
            {"version", version.version},      {"content", version.content},
            {"options", version.options},      {"created_at", to_rfc3339(version.created_at)},
            {"created_by", version.created_by}};
}

Json to_json(const notify::Preview& preview, const std::string& type) {
    return {{"type", type},
            {"channel", preview.channel},
            {"language", preview.language},
            {"version", preview.version ? Json(*preview.version) : Json{}},
            {"text", preview.output.text},
            {"options", preview.output.content},
            {"variables", preview.variables}};
}

Json type_json(const std::vector<notify::StoredTemplate>& all) {
    auto answer = to_json(all.front());
    answer["variants"] = list_of(all);
    return answer;
}

Json to_json(const UserId& user, const notify::UserSettings& settings) {
    Json channels = Json::object();
    for (const auto name : notify::optional_channels)
        channels[std::string{name}] = !settings.channels_off.contains(name);
    // What holds, not what is stored: a STOP outweighs the setting.
    if (settings.opted_out) channels["whatsapp"] = false;
    Json quiet;
    if (const auto& hours = settings.quiet)
        quiet = {{"from", hours->from}, {"to", hours->to}, {"timezone", or_null(hours->timezone)}};
    return {{"user_id", user.value()},
            {"channels", std::move(channels)},
            {"muted", settings.muted},
            {"quiet_hours", std::move(quiet)},
            {"language", or_null(settings.language)},
            {"digest_minutes", settings.digest_minutes ? Json(*settings.digest_minutes) : Json{}},
            {"whatsapp_opted_out", settings.opted_out}};
}

}  // namespace carillon::admin
