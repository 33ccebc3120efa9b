#include "notify/upkeep.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <carillon/log.hpp>
#include <exception>
#include <utility>

namespace carillon::notify {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::hours partitions_every{6};

constexpr db::Statement partitions_statement{"upkeep_partitions",
                                             "SELECT make_partitions(now() + interval '3 months')"};

// A slice: a long transaction would keep the queue's dead rows from being cleared away.
constexpr db::Statement trim_receipts{"upkeep_receipts", R"sql(
    DELETE FROM receipts
     WHERE (provider, event_id) IN (SELECT provider, event_id FROM receipts
                                     WHERE received_at < now() - $1::bigint * interval '1 hour'
                                     ORDER BY received_at LIMIT 1000))sql"};
constexpr db::Statement trim_provider_messages{"upkeep_provider_messages", R"sql(
    DELETE FROM provider_messages
     WHERE (provider, provider_message_id) IN (SELECT provider, provider_message_id FROM provider_messages
                                                WHERE created_at < now() - $1::bigint * interval '1 hour'
                                                ORDER BY created_at LIMIT 1000))sql"};

}  // namespace

Upkeep::Upkeep(asio::any_io_executor executor, db::Database& database, Settings settings, Clock clock)
    : executor_{std::move(executor)},
      database_{database},
      settings_{settings},
      statistics_{database, std::move(clock)},
      operations_{database},
      timer_{executor_},
      stopped_{executor_} {}

asio::awaitable<void> Upkeep::prepare() {
    co_await make_partitions();
}

void Upkeep::start() {
    running_ = true;
    asio::co_spawn(executor_, run(), [this](const std::exception_ptr& surprise) {
        running_ = false;
        stopped_.cancel();
        if (surprise) std::rethrow_exception(surprise);
    });
}

asio::awaitable<void> Upkeep::stop() {
    stopping_ = true;
    timer_.cancel();
    while (running_) {
        stopped_.expires_at(SteadyClock::time_point::max());
        co_await stopped_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Upkeep::run() {
    while (!stopping_) {
        try {
            co_await round();
        } catch (const Unavailable&) {
            // Next time.
        } catch (const std::exception& surprise) {
            log::warn("upkeep_failed", {{"what", surprise.what()}});
        }
        if (stopping_) break;
        timer_.expires_after(settings_.every);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Upkeep::round() {
    queue_ = co_await operations_.numbers();
    for (int folded = 1; folded > 0 && !stopping_;) folded = co_await statistics_.fold();
    if (SteadyClock::now() - last_partitions_ < partitions_every) co_return;
    co_await make_partitions();
    co_await trim();
    for (int condensed = 1; condensed > 0 && !stopping_;) condensed = co_await statistics_.condense();
}

asio::awaitable<void> Upkeep::make_partitions() {
    auto job = [](db::Session& session) { return session.exec(partitions_statement)[0][0].as<int>(); };
    const auto made = co_await database_.transact(std::move(job));
    if (made > 0) log::info("partitions_made", {{"count", made}});
    last_partitions_ = SteadyClock::now();
}

asio::awaitable<void> Upkeep::trim() {
    auto job = [hours = settings_.receipts_kept.count()](db::Session& session) {
        return session.exec(trim_receipts, hours).affected_rows() +
               session.exec(trim_provider_messages, hours).affected_rows();
    };
    for (std::size_t trimmed = 1; trimmed > 0 && !stopping_;) {
        auto slice = job;
        trimmed = co_await database_.transact(std::move(slice));
    }
}

}  // namespace carillon::notify
