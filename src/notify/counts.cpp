#include "notify/counts.hpp"

#include <algorithm>
#include <cmath>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement append{"counts_append", R"sql(
    INSERT INTO count_changes (hour, channel, type, measure, n)
    SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::text[], $4::text[], $5::integer[]))sql"};

}  // namespace

void Counts::add(const CountKey& key, std::string_view measure, std::int64_t n) {
    const auto hour = std::chrono::floor<std::chrono::hours>(key.at).time_since_epoch().count();
    rows_[{hour, key.channel, key.type, std::string{measure}}] += n;
}

void Counts::move(const CountKey& key, std::string_view from, std::string_view to) {
    if (from == to) return;
    add(key, from, -1);
    add(key, to, 1);
}

void Counts::write(db::Session& session) const {
    TextColumn hours, channels, types, measures;
    NumberColumn ns;
    bool any = false;
    for (const auto& [row, n] : rows_) {
        if (n == 0) continue;
        any = true;
        const auto& [hour, channel, type, measure] = row;
        hours.add(Time{std::chrono::hours{hour}});
        channels.add(channel);
        types.add(type);
        measures.add(measure);
        ns.add(n);
    }
    if (!any) return;
    session.exec(append, hours.array(), channels.array(), types.array(), measures.array(), ns.array());
}

std::string latency_measure(std::chrono::microseconds latency) {
    const auto ms = std::max(1.0, static_cast<double>(latency.count()) / 1000.0);
    return "ms:" + std::to_string(static_cast<int>(std::floor(4.0 * std::log2(ms))));
}

}  // namespace carillon::notify
