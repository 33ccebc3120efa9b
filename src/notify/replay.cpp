#include "notify/replay.hpp"

#include <span>
#include <string>
#include <utility>

#include "notify/columns.hpp"

namespace carillon::notify {
namespace {

// A page ends where its messages together grow large: a batch of pages is in memory at once.
constexpr db::Statement pages_statement{"replay_pages", R"sql(
    SELECT w.n, h.last_seq, f.seq, f.event_id, f.type, f.body, f.read_at IS NOT NULL AS read,
           (extract(epoch FROM f.created_at) * 1000000)::bigint AS at_us
      FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS w (user_id, after, n)
      LEFT JOIN feed_heads h USING (user_id)
      LEFT JOIN LATERAL (
            SELECT sized.*
              FROM (SELECT kept.*, sum(kept.size) OVER (ORDER BY kept.seq) - kept.size AS before
                      FROM (SELECT seq, event_id, type, body::text AS body, read_at, created_at,
                                   octet_length(body::text) AS size
                              FROM feed
                             WHERE user_id = w.user_id AND w.after >= 0
                               AND seq > greatest(w.after, h.last_seq - $3::bigint)
                               AND created_at > now() - $4::bigint * interval '1 hour'
                             ORDER BY seq
                             LIMIT $5) kept) sized
             WHERE sized.before < $6::bigint) f ON true
     ORDER BY w.n, f.seq)sql"};

constexpr std::int64_t page_bytes = 256 << 10;

std::vector<Replay::Page> read_pages(db::Session& session, std::span<const Replay::Place> places,
                                     const KeptFeed& kept) {
    TextColumn users;
    NumberColumn afters;
    for (const auto& place : places) {
        users.add(place.user.value());
        afters.add(place.after);
    }
    std::vector<Replay::Page> pages(places.size());
    for (const auto& row :
         session.exec(pages_statement, users.array(), afters.array(), kept.messages,
                      static_cast<std::int64_t>(kept.age.count()), Replay::page_limit, page_bytes)) {
        const auto n = row["n"].as<std::size_t>() - 1;
        auto& page = pages[n];
        page.last_seq = row["last_seq"].as<std::int64_t>(0);
        if (row["seq"].is_null()) continue;
        page.items.push_back({{EventId{row["event_id"].c_str()}, places[n].user, row["type"].c_str(),
                               std::make_shared<const std::string>(row["body"].c_str()),
                               row["seq"].as<std::int64_t>(), time_of(row["at_us"])},
                              row["read"].as<bool>()});
    }
    return pages;
}

}  // namespace

Replay::Replay(db::Database& database, KeptFeed kept)
    : pages_{database,
             {.mode = db::BatchMode::read, .lanes = 2, .batch_limit = 64, .waiting_limit = 200'000},
             [kept](db::Session& session, std::span<const Place> places) {
                 return read_pages(session, places, kept);
             }} {}

asio::awaitable<Replay::Page> Replay::page(Place place) {
    co_return co_await pages_.submit(std::move(place));
}

}  // namespace carillon::notify
