#pragma once
// Which statement answers a history filter. Pure.
//
// A list is made in two steps: a source gives candidates by an index, the newest first and at most a window
// of them; what remains of the filter is held against those. So the planner has nothing to guess from values
// it does not know, and a filter that hardly anything passes costs a window and not the whole record.
#include <carillon/time.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "notify/journal_values.hpp"

namespace carillon::notify {

enum class HistorySource { all, user, phone, reference, event, queue, troubled, skipped, retried };
inline constexpr int history_sources = 9;

struct HistoryTexts {
    std::string page_name;
    std::string page;  // $1 below, $2 floor, $3 window, $4 to $7 the keys, $8 statuses, $9 attempts,
                       // $10 channel, $11 type, $12 limit
    std::string window_name;
    std::string window;  // $1 to $7: how many candidates the window has, and the lowest id
};

struct HistoryChoice {
    HistorySource source = HistorySource::all;
    std::vector<std::string> statuses;  // empty: all
    int attempts = 0;                   // at least
};

// The index that leaves the fewest candidates.
[[nodiscard]] HistoryChoice choose_source(const HistoryFilter& filter);
[[nodiscard]] const HistoryTexts& texts_of(HistorySource source);

// The smallest id of a kind that could have been made at that time: id_floor() of the schema.
[[nodiscard]] std::string id_floor(std::string_view prefix, Time at);
// No message of an event was made before it; an hour's grace, as the two ids may be of two machines' clocks.
[[nodiscard]] std::string message_floor(std::string_view event_id);

// What `status` may be asked for, in the order of a message's life.
[[nodiscard]] const std::vector<std::string_view>& history_statuses();

}  // namespace carillon::notify
