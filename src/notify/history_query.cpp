#include "notify/history_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

using enum HistorySource;

// Measured on 4 million messages in 12 months (3.7 GB, PostgreSQL 15, generic plans, warm): a page of 50 of
// one user 0.4 ms, of everything 0.3 ms, of the troubled 0.3 ms, of the queue 0.2 ms; a window of 20 000 that
// nothing passes 13 ms. The first page of an event with 100 000 messages takes 180 ms, as they are sorted.
struct SourceText {
    HistorySource source;
    const char* name;
    const char* condition;  // on notifications_log; nullptr: see ids
    const char* ids;        // a list of ids instead
};

// Whom a digest will speak for waits as well, and has no row of its own in the queue.
constexpr const char* waiting_ids = R"sql(
    SELECT id FROM (
        (SELECT id FROM notifications_queue WHERE id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3)
        UNION ALL
        (SELECT l.id
           FROM notifications_queue h,
                LATERAL (SELECT id FROM notifications_log
                          WHERE digest_of = h.id AND id < $1 AND id >= $2 OFFSET 0) l
          WHERE h.digest ORDER BY l.id DESC LIMIT $3)
    ) any_of_them ORDER BY id DESC LIMIT $3)sql";
// Read from the index alone. Their condition is written out: with a parameter the planner, who knows only an
// average, walks the primary key past everything else (1.4 s).
constexpr const char* troubled_ids =
    "SELECT id FROM notifications_log WHERE attention = 1 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3";
constexpr const char* skipped_ids =
    "SELECT id FROM notifications_log WHERE attention = 2 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3";
constexpr const char* retried_ids = R"sql(
    SELECT id FROM (
        (SELECT id FROM notifications_log WHERE attention = 1 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3)
        UNION ALL
        (SELECT id FROM notifications_log WHERE attention = 2 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3)
        UNION ALL
        (SELECT id FROM notifications_log WHERE attention = 3 AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3)
    ) any_of_them ORDER BY id DESC LIMIT $3)sql";

constexpr std::array<SourceText, history_sources> sources{{
    {all, "all", "true", nullptr},
    {user, "user", "user_id = $4", nullptr},
    {phone, "phone", "phone = $5", nullptr},
    {reference, "reference", "reference_id = $6", nullptr},
    {event, "event", "event_id = $7", nullptr},
    {queue, "queue", nullptr, waiting_ids},
    {troubled, "troubled", nullptr, troubled_ids},
    {skipped, "skipped", nullptr, skipped_ids},
    {retried, "retried", nullptr, retried_ids},
}};

std::string candidates(const SourceText& text, const std::string& columns) {
    return "SELECT " + columns + " FROM notifications_log WHERE " + text.condition +
           " AND id < $1 AND id >= $2 ORDER BY id DESC LIMIT $3";
}

// OFFSET 0 keeps the join from being turned round: a queue whose oldest row is a month old would have the
// month's whole record merged with it.
std::string rows_of(const SourceText& text) {
    if (text.condition) return "(" + candidates(text, "*") + ") c";
    return std::string{"("} + text.ids +
           ") i, LATERAL (SELECT * FROM notifications_log WHERE id = i.id OFFSET 0) c";
}

HistoryTexts compose(const SourceText& text) {
    const std::string shown =
        "CASE WHEN EXISTS (SELECT 1 FROM notifications_queue q WHERE q.id = c.id AND q.begun_at IS NOT NULL)"
        " THEN 'sending' ELSE c.status END";
    HistoryTexts texts;
    texts.page_name = std::string{"history_"} + text.name;
    texts.page = std::string{"SELECT "} + message_columns + " FROM " + rows_of(text) +
                 " WHERE ($4::text IS NULL OR c.user_id = $4) AND ($5::text IS NULL OR c.phone = $5)"
                 " AND ($6::text IS NULL OR c.reference_id = $6) AND ($7::text IS NULL OR c.event_id = $7)"
                 " AND ($8::text[] IS NULL OR " +
                 shown +
                 " = ANY($8)) AND c.attempt >= $9::integer"
                 " AND ($10::text IS NULL OR c.channel = $10) AND ($11::text IS NULL OR c.type = $11)"
                 " ORDER BY " +
                 (text.condition ? "c.id" : "i.id") + " DESC LIMIT $12";
    texts.window_name = texts.page_name + "_window";
    // The keys are named so that every one of them has a type.
    texts.window = "SELECT count(*), min(w.id) FROM (" +
                   (text.condition ? candidates(text, "id") : text.ids) +
                   ") w, (SELECT $4::text, $5::text, $6::text, $7::text) keys";
    return texts;
}

HistorySource source_of_status(const std::string& status) {
    if (status == "queued" || status == "sending") return queue;
    if (status == "failed" || status == "dead" || status == "unknown") return troubled;
    if (status == "skipped") return skipped;
    if (status == "retried") return retried;
    return all;
}

}  // namespace

HistoryChoice choose_source(const HistoryFilter& filter) {
    HistoryChoice choice;
    if (filter.event)
        choice.source = event;
    else if (filter.reference)
        choice.source = reference;
    else if (filter.phone)
        choice.source = phone;
    else if (filter.user)
        choice.source = user;
    else if (filter.status)
        choice.source = source_of_status(*filter.status);

    if (filter.status == "failed")
        choice.statuses = {"failed", "dead"};
    else if (filter.status == "retried")
        choice.attempts = 2;
    else if (filter.status)
        choice.statuses = {*filter.status};
    return choice;
}

const HistoryTexts& texts_of(HistorySource source) {
    static const auto texts = [] {
        std::array<HistoryTexts, history_sources> made;
        for (const auto& text : sources) made.at(static_cast<std::size_t>(text.source)) = compose(text);
        return made;
    }();
    return texts.at(static_cast<std::size_t>(source));
}

std::string id_floor(std::string_view prefix, Time at) {
    constexpr std::size_t digits = 12;
    const auto ms = std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count());
    std::array<char, 16> hex{};
    const auto end = std::to_chars(hex.data(), hex.data() + hex.size(), ms, 16).ptr;
    const auto length = static_cast<std::size_t>(end - hex.data());
    std::string floor{prefix};
    floor.append(length < digits ? digits - length : 0, '0');
    return floor.append(hex.data(), length);
}

std::string message_floor(std::string_view event_id) {
    constexpr std::string_view prefix = "evt_";
    constexpr std::size_t digits = 12;
    if (!event_id.starts_with(prefix) || event_id.size() < prefix.size() + digits) return {};
    std::int64_t ms = 0;
    const auto* first = event_id.data() + prefix.size();
    const auto [stop, error] = std::from_chars(first, first + digits, ms, 16);
    if (error != std::errc{} || stop != first + digits) return {};
    const Time made{std::chrono::milliseconds{ms}};
    return id_floor("msg_", made - std::chrono::hours{1});
}

const std::vector<std::string_view>& history_statuses() {
    static const std::vector<std::string_view> statuses{
        "queued", "sending", "sent", "delivered", "read", "failed", "dead", "skipped", "unknown", "retried"};
    return statuses;
}

}  // namespace carillon::notify
