#include <algorithm>

#include "notify/history_query.hpp"
#include "notify/journal.hpp"
#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

// How far one request follows a filter that hardly anything passes: about a tenth of a second.
constexpr int window = 20'000;
constexpr int windows = 4;

// Above every id.
constexpr const char* top = "~";

MaybeText statuses_of(const HistoryChoice& choice) {
    return choice.statuses.empty() ? std::nullopt : std::optional{db::array_of(choice.statuses)};
}

struct Reach {
    int candidates = 0;
    std::string lowest;
};

class Walk {
public:
    Walk(db::Session& session, const HistoryFilter& filter)
        : session_{session},
          filter_{filter},
          choice_{choose_source(filter)},
          texts_{texts_of(choice_.source)} {
        if (filter.since) floor_ = id_floor("msg_", *filter.since);
        if (filter.event) floor_ = std::max(floor_, message_floor(*filter.event));
    }

    HistoryPage run() {
        auto below = filter_.below.empty() ? std::string{top} : filter_.below;
        for (int round = 0; round < windows; ++round) {
            gather(below);
            if (is_full()) return cut();
            auto reach = look_back(below);
            if (reach.candidates < window) return std::move(page_);
            below = std::move(reach.lowest);
        }
        page_.next = below;
        return std::move(page_);
    }

private:
    [[nodiscard]] bool is_full() const {
        return page_.messages.size() > static_cast<std::size_t>(filter_.limit);
    }

    // One more than asked for tells whether the list goes on.
    void gather(const std::string& below) {
        const auto room = filter_.limit + 1 - static_cast<int>(page_.messages.size());
        const db::Statement statement{texts_.page_name.c_str(), texts_.page.c_str()};
        const auto rows = session_.exec(statement, below, floor_, window, filter_.user, filter_.phone,
                                        filter_.reference, filter_.event, statuses_of(choice_),
                                        choice_.attempts, filter_.channel, filter_.type, room);
        for (const auto& row : rows) page_.messages.push_back(message_of(row));
    }

    Reach look_back(const std::string& below) {
        const db::Statement statement{texts_.window_name.c_str(), texts_.window.c_str()};
        const auto row = session_.exec(statement, below, floor_, window, filter_.user, filter_.phone,
                                       filter_.reference, filter_.event)[0];
        return {row[0].as<int>(), text_or_empty(row[1])};
    }

    HistoryPage cut() {
        page_.messages.pop_back();
        page_.next = page_.messages.back().id.value();
        return std::move(page_);
    }

    db::Session& session_;
    const HistoryFilter& filter_;
    HistoryChoice choice_;
    const HistoryTexts& texts_;
    std::string floor_;
    HistoryPage page_;
};

}  // namespace

HistoryPage select_history(db::Session& session, const HistoryFilter& filter) {
    return Walk{session, filter}.run();
}

}  // namespace carillon::notify
