#pragma once
// What the journal speaks of: rows as values, each as it stood in one snapshot.
#include <carillon/id.hpp>
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace carillon::notify {

using MaybeText = std::optional<std::string>;
using MaybeTime = std::optional<Time>;

// One delivery as the record has it. Its status is "sending" while a call is under way.
struct LogMessage {
    DeliveryId id;
    EventId event;
    MaybeText user;
    MaybeText phone;
    std::string channel;
    std::string type;
    MaybeText language;
    MaybeText text;
    std::string status;
    std::string reason;
    MaybeText detail;
    MaybeText reference;
    int attempt = 0;  // of the last call
    Time created_at;
    MaybeTime sent_at;
    MaybeTime delivered_at;
    MaybeTime read_at;
    MaybeTime failed_at;
    MaybeText provider_message_id;
};

struct HistoryFilter {
    MaybeText phone;  // E.164
    MaybeText user;
    MaybeText status;  // "failed" takes in "dead"; "retried" is tried more than once
    MaybeText channel;
    MaybeText type;
    MaybeText reference;
    MaybeText event;
    MaybeTime since;
    std::string below;  // the id the last page ended with; empty: from the newest
    int limit = 50;
};

// It may hold fewer than asked for, even none, and still go on: a filter that hardly anything passes is
// followed a bounded way at a time.
struct HistoryPage {
    std::vector<LogMessage> messages;
    MaybeText next;
};

struct TimelineEntry {
    Time at;
    std::string what;
    Json detail = Json::object();
};

struct EventRow {
    EventId id;
    std::string type;
    MaybeText actor;
    MaybeText subject;
    Json payload;
    Time created_at;
};

struct PlanRow {
    Time planned_at;
    int recipients = 0;
    int deliveries = 0;
    int feed_rows = 0;
    MaybeText broadcast;
};

struct OutboxRow {
    Time due;
    int tries = 0;
};

struct BroadcastRow {
    std::string id;
    std::string route;
    int total = 0;
    int planned = 0;
    std::string position;
    std::string status;
    Time created_at;
    MaybeTime finished_at;
};

// What is not final, and what it waits for.
struct QueueRow {
    std::string state;
    std::string reason;
    MaybeTime due;  // empty: when the channel before it has ended
    int attempt = 0;
    MaybeTime begun_at;
    MaybeText node;
    MaybeText unless;
    MaybeTime expires_at;
    Time first_at;
};

struct AttemptRow {
    int attempt = 0;
    Time begun_at;
    Time ended_at;
    std::string node;
    std::string verdict;
    std::string reason;
    Json answer;
};

struct ReceiptRow {
    std::string provider;
    std::string event_id;  // the provider's
    std::string kind;
    Time occurred_at;
    Time received_at;
    Json body;
};

struct InterventionRow {
    Time at;
    std::string what;
    std::string actor;
};

struct FeedRow {
    std::string user;
    std::int64_t seq = 0;
    std::string type;
    Time created_at;
    MaybeTime read_at;
};

// How far a device has acknowledged, and when it was last heard of.
struct ReaderRow {
    std::string device;
    std::int64_t acked_seq = 0;
    Time seen_at;
};

// Another channel of the same event and person.
struct Sibling {
    DeliveryId id;
    std::string channel;
    int step = 0;
    std::string status;
    std::string reason;
};

struct MessageFacts {
    LogMessage message;
    MaybeText route;
    std::string mode;  // of the route, as the policy has it now; empty: no longer known
    int step = 0;
    MaybeText digest_of;
    std::optional<EventRow> event;
    std::optional<PlanRow> plan;
    std::optional<QueueRow> queue;
    std::vector<AttemptRow> attempts;
    std::vector<ReceiptRow> receipts;
    std::vector<InterventionRow> interventions;
    std::optional<FeedRow> feed;
    std::vector<ReaderRow> readers;
    std::vector<Sibling> siblings;
};

// Where a page of an event's two lists goes on; a list that has ended stays so.
struct EventPosition {
    bool messages_end = false;
    std::string below;
    bool feed_ends = false;
    std::string feed_user;
    std::int64_t feed_seq = 0;

    [[nodiscard]] bool is_first() const {
        return !messages_end && below.empty() && !feed_ends && feed_user.empty();
    }
};

struct EventCounts {
    std::map<std::string, std::int64_t> by_status;
    std::int64_t feed = 0;
    std::int64_t feed_read = 0;
};

struct EventStory {
    EventRow event;
    std::optional<PlanRow> plan;
    std::optional<OutboxRow> outbox;
    std::vector<BroadcastRow> broadcasts;
    std::optional<EventCounts> counts;  // with the first page: they are of all the rows
    std::vector<LogMessage> messages;
    std::vector<FeedRow> feed;
    std::optional<EventPosition> next;
};

}  // namespace carillon::notify
