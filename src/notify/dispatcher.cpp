#include "notify/dispatcher.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <carillon/log.hpp>
#include <exception>
#include <unordered_set>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/ending.hpp"

namespace carillon::notify {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds first_write_pause{100};
constexpr std::chrono::milliseconds longest_write_pause{2'000};
// Of a kind that is not the database being away: it may be this one's own data.
constexpr int most_failures = 10;

constexpr db::Statement insert_pause{"channel_pause", R"sql(
    INSERT INTO channel_pauses (channel, until, reason)
    VALUES ($1, now() + $2::bigint * interval '1 second', $3)
        ON CONFLICT (channel) DO UPDATE SET until = greatest(channel_pauses.until, EXCLUDED.until),
                                            reason = EXCLUDED.reason)sql"};

std::vector<bool> begin_all(db::Session& session, std::span<const Hold> holds, std::chrono::seconds lease) {
    const auto begun = begin(session, {holds.begin(), holds.end()}, lease);
    const std::unordered_set<std::string> ours{begun.begin(), begun.end()};
    std::vector<bool> answers;
    for (const auto& hold : holds) answers.push_back(ours.contains(hold.id));
    return answers;
}

}  // namespace

Dispatcher::Dispatcher(asio::any_io_executor executor, db::Database& database, const Channels& channels,
                       DispatcherSettings settings, Clock clock, std::function<double()> random, Hooks hooks)
    : executor_{std::move(executor)},
      database_{database},
      settings_{std::move(settings)},
      clock_{std::move(clock)},
      random_{std::move(random)},
      hooks_{std::move(hooks)},
      settler_{database, {.lanes = 2, .node = settings_.node}},
      begins_{database,
              {.mode = db::BatchMode::statement, .lanes = 2},
              [lease = settings_.lease](db::Session& session, std::span<const Hold> holds) {
                  return begin_all(session, holds, lease);
              }},
      renewal_{executor_},
      idle_{executor_} {
    for (const auto& [name, channel] : channels)
        tracks_.emplace(name,
                        std::make_unique<Track>(Track{Lane{*channel, settings_.held_per_channel, random_},
                                                      asio::steady_timer{executor_}}));
}

void Dispatcher::start() {
    spawn(renew_leases());
}

void Dispatcher::take(Delivery delivery) {
    const auto track = tracks_.find(delivery.channel);
    if (track == tracks_.end() || stopping_) return;  // its lease runs out
    held_[delivery.message.id] = delivery.fence;
    track->second->lane.push(std::move(delivery));
    pump(*track->second);
}

void Dispatcher::finish(Ending ending) {
    held_[ending.id] = ending.fence;
    spawn(write(std::move(ending)));
}

std::size_t Dispatcher::room(std::string_view channel) const {
    const auto track = tracks_.find(channel);
    if (track == tracks_.end() || stopping_) return 0;
    return track->second->lane.room(SteadyClock::now());
}

std::vector<ChannelState> Dispatcher::states() const {
    std::vector<ChannelState> states;
    const auto now = SteadyClock::now();
    for (const auto& [name, track] : tracks_) {
        const auto& lane = track->lane;
        states.push_back({name, std::string{lane.channel().disabled()}, name_of(lane.breaker()),
                          lane.paused(now), lane.waiting(), lane.in_flight()});
    }
    return states;
}

std::optional<SteadyClock::time_point> Dispatcher::next_opening() const {
    std::optional<SteadyClock::time_point> next;
    const auto now = SteadyClock::now();
    for (const auto& [name, track] : tracks_) {
        if (track->lane.open(now)) continue;
        const auto opens = track->lane.opens_at();
        if (!next || opens < *next) next = opens;
    }
    return next;
}

void Dispatcher::resume(std::string_view channel) {
    const auto track = tracks_.find(channel);
    if (track == tracks_.end()) return;
    track->second->lane.pause_until({});
    pump(*track->second);
    if (hooks_.room) hooks_.room();
}

void Dispatcher::rest(std::string_view channel, std::chrono::seconds time) {
    const auto track = tracks_.find(channel);
    if (track != tracks_.end()) track->second->lane.pause_until(SteadyClock::now() + time);
}

// Starts whoever may go; if that is a matter of time, comes back then.
void Dispatcher::pump(Track& track) {
    if (stopping_) return;
    for (;;) {
        auto turn = track.lane.next(SteadyClock::now());
        if (!turn.delivery) {
            if (turn.wait) {
                track.timer.expires_after(*turn.wait);
                schedule_pump(track);
            }
            break;
        }
        spawn(carry_out(track, std::move(*turn.delivery)));
    }
    if (track.lane.room(SteadyClock::now()) == 0) track.was_full = true;
}

void Dispatcher::schedule_pump(Track& track) {
    track.timer.async_wait([this, &track](const boost::system::error_code& cancelled) {
        if (!cancelled) pump(track);
    });
}

asio::awaitable<void> Dispatcher::carry_out(Track& track, Delivery delivery) {
    auto& channel = track.lane.channel();
    if (delivery.message.expires_at && *delivery.message.expires_at <= clock_()) {
        track.lane.gave_up();
        auto ending = skipped(delivery, Reason::expired);
        left(track);
        co_await write(std::move(ending));
        co_return;
    }
    if (const auto wait = channel.wait_for_turn(delivery.message); wait > std::chrono::milliseconds::zero()) {
        track.lane.gave_up();
        auto ending = postponed(delivery, Reason::pair_limited, wait);
        left(track);
        co_await write(std::move(ending));
        co_return;
    }
    const bool may = co_await may_begin(delivery);
    if (!may) {
        track.lane.gave_up();
        forget(delivery.message.id);
        left(track);
        co_return;
    }
    kill_point("attempt.begun");
    const auto started = SteadyClock::now();
    const auto begun = clock_();
    const auto outcome = co_await call(channel, delivery.message);
    kill_point("attempt.answered");
    const auto ended = clock_();
    track.lane.ended(outcome, SteadyClock::now());
    left(track);

    Attempt attempt;
    attempt.number = delivery.calls;
    attempt.repeatable = channel.repeatable();
    attempt.expires_at = delivery.message.expires_at;
    attempt.first_at = delivery.first_at;
    attempt.random = random_();
    const auto settlement = settle(outcome, attempt, retry_for(delivery.channel), ended);
    if (hooks_.attempted)
        hooks_.attempted({delivery.channel, name_of(outcome.verdict), name_of(reason_of(outcome.verdict)),
                          SteadyClock::now() - started, begun - delivery.first_at});
    if (outcome.pause) co_await pause(track, outcome);
    auto ending = ending_of({delivery, outcome, begun, ended, channel.has_receipts()}, settlement);
    co_await write(std::move(ending));
}

asio::awaitable<Outcome> Dispatcher::call(Channel& channel, const Message& message) {
    try {
        co_return co_await channel.send(message);
    } catch (const std::exception& surprise) {
        log::error(
            "channel_failed",
            {{"channel", channel.name()}, {"delivery_id", message.id.value()}, {"what", surprise.what()}});
    }
    Outcome outcome;
    if (channel.repeatable()) {
        Retry retry;
        retry.reason = Reason::channel_failed;
        outcome.verdict = retry;
    } else {
        outcome.verdict = Unknown{Reason::channel_failed};
    }
    co_return outcome;
}

asio::awaitable<bool> Dispatcher::may_begin(Delivery& delivery) {
    if (delivery.begun_at) co_return true;
    Hold hold{delivery.message.id.value(), delivery.fence};
    bool ours = false;
    bool unsure = false;
    try {
        ours = co_await begins_.submit(std::move(hold));
    } catch (const std::exception& surprise) {
        log::warn("begin_failed", {{"delivery_id", delivery.message.id.value()}, {"what", surprise.what()}});
        unsure = true;
    }
    if (unsure) {
        // It may be stored as begun. No call was made, and that is written down, or it would count as one
        // whose end nobody saw.
        auto ending = postponed(delivery, Reason::channel_failed, first_write_pause);
        co_await write(std::move(ending));
        co_return false;
    }
    if (!ours) co_return false;
    delivery.begun_at = clock_();
    ++delivery.calls;
    delivery.message.attempt = delivery.calls;
    co_return true;
}

// Tries until it is written: what a provider said is known nowhere else. Should the lease run out meanwhile,
// whoever took the delivery over has raised the fence, and nothing of this is written.
asio::awaitable<void> Dispatcher::write(Ending ending) {
    auto pause = first_write_pause;
    int failures = 0;
    for (;;) {
        try {
            auto copy = ending;
            const auto settled = co_await settler_.write(std::move(copy));
            forget(ending.id);
            if (hooks_.settled) hooks_.settled(ending.id, ending, settled);
            if (settled.ours && !ending.is_final()) hooks_.due_in(ending.again_in);
            if (settled.woke_another) hooks_.due_in(std::chrono::milliseconds{0});
            co_return;
        } catch (const Unavailable&) {
            if (stopping_) break;
        } catch (const std::exception& surprise) {
            log::error("settle_failed", {{"delivery_id", ending.id.value()}, {"what", surprise.what()}});
            if (stopping_ || ++failures == most_failures) break;
        }
        asio::steady_timer timer{executor_, pause};
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        pause = std::min(pause * 2, longest_write_pause);
    }
    forget(ending.id);
}

asio::awaitable<void> Dispatcher::pause(Track& track, const Outcome& outcome) {
    const auto name = std::string{track.lane.channel().name()};
    const std::string reason{name_of(reason_of(outcome.verdict))};
    log::error("channel_paused",
               {{"channel", name}, {"reason", reason}, {"seconds", outcome.pause->count()}});
    try {
        auto job = [&name, &reason, seconds = outcome.pause->count()](db::Session& session) {
            session.exec(insert_pause, name, seconds, reason);
        };
        co_await database_.transact(std::move(job));
    } catch (const std::exception& surprise) {
        log::warn("channel_pause_not_stored", {{"channel", name}, {"what", surprise.what()}});
    }
}

asio::awaitable<void> Dispatcher::renew_leases() {
    while (!stopping_) {
        renewal_.expires_after(settings_.lease / 3);
        co_await renewal_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (stopping_) break;
        try {
            co_await renew_now();
        } catch (const std::exception& surprise) {
            log::warn("lease_renewal_failed", {{"what", surprise.what()}});
        }
    }
}

asio::awaitable<void> Dispatcher::renew_now() {
    if (held_.empty()) co_return;
    std::vector<Hold> holds;
    for (const auto& [id, fence] : held_) holds.push_back({id.value(), fence});
    auto job = [&holds, lease = settings_.lease](db::Session& session) {
        return renew(session, holds, lease);
    };
    const auto kept = co_await database_.transact(std::move(job));
    const std::unordered_set<std::string> ours{kept.begin(), kept.end()};
    for (const auto& hold : holds) {
        const DeliveryId id{hold.id};
        const auto held = held_.find(id);
        // Gone meanwhile, or claimed anew: that is another lease.
        if (ours.contains(hold.id) || held == held_.end() || held->second != hold.fence) continue;
        // Somebody else's by now. What is in flight ends; its end will not be taken.
        for (auto& [name, track] : tracks_) {
            if (track->lane.remove(id)) forget(id);
        }
    }
}

asio::awaitable<void> Dispatcher::give_back() {
    std::vector<Hold> holds;
    for (auto& [name, track] : tracks_) {
        track->timer.cancel();
        for (const auto& delivery : track->lane.drain()) {
            holds.push_back({delivery.message.id.value(), delivery.fence});
            forget(delivery.message.id);
        }
    }
    if (holds.empty()) co_return;
    try {
        auto job = [&holds](db::Session& session) { release(session, holds); };
        co_await database_.transact(std::move(job));
    } catch (const std::exception& surprise) {
        log::warn("release_failed", {{"deliveries", holds.size()}, {"what", surprise.what()}});
    }
}

asio::awaitable<void> Dispatcher::stop(SteadyClock::time_point deadline) {
    stopping_ = true;
    renewal_.cancel();
    co_await give_back();
    while (working_ > 0 && SteadyClock::now() < deadline) {
        idle_.expires_at(deadline);
        co_await idle_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Dispatcher::forget(const DeliveryId& id) {
    held_.erase(id);
}

// A place is free.
void Dispatcher::left(Track& track) {
    pump(track);
    if (!track.was_full || track.lane.waiting() > settings_.held_per_channel / 2) return;
    track.was_full = false;
    if (hooks_.room) hooks_.room();
}

void Dispatcher::spawn(asio::awaitable<void> work) {
    ++working_;
    asio::co_spawn(executor_, std::move(work), [this](const std::exception_ptr& surprise) {
        --working_;
        if (working_ == 0) idle_.cancel();
        if (surprise) std::rethrow_exception(surprise);
    });
}

const RetryPolicy& Dispatcher::retry_for(const std::string& channel) const {
    const auto own = settings_.retry_of.find(channel);
    return own == settings_.retry_of.end() ? settings_.retry : own->second;
}

}  // namespace carillon::notify
