#include "notify/pipeline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <algorithm>
#include <carillon/log.hpp>
#include <random>
#include <utility>

namespace carillon::notify {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds process_patience{10};

std::function<double()> randomness() {
    auto engine = std::make_shared<std::minstd_rand>(std::random_device{}());
    return [engine] { return std::uniform_real_distribution<double>{0.0, 1.0}(*engine); };
}

DispatcherSettings dispatcher_settings(const PipelineSettings& settings) {
    DispatcherSettings all;
    all.node = settings.node;
    all.lease = settings.lease;
    all.retry = settings.retry;
    all.retry_of = settings.retry_of;
    return all;
}

Planner::Settings planner_settings(const PipelineSettings& settings) {
    Planner::Settings all;
    all.plan = settings.plan;
    all.plan.lease = settings.lease;
    all.node = settings.node;
    return all;
}

Queue::Settings queue_settings(const PipelineSettings& settings) {
    Queue::Settings all;
    all.node = settings.node;
    all.lease = settings.lease;
    return all;
}

}  // namespace

// Somebody waits for what becomes of a delivery.
struct Pipeline::Watch {
    explicit Watch(const asio::any_io_executor& executor) : timer{executor} {}
    asio::steady_timer timer;
    bool over = false;
    Ending ending;
    Settled settled;
};

Pipeline::Pipeline(asio::any_io_executor executor, db::Database& database, Channels channels,
                   std::shared_ptr<const Policy> policy, PipelineSettings settings, Clock clock,
                   Observers observers)
    : executor_{std::move(executor)},
      database_{database},
      channels_{std::move(channels)},
      observers_{std::move(observers)},
      dispatcher_{executor_,
                  database,
                  channels_,
                  dispatcher_settings(settings),
                  clock,
                  randomness(),
                  {.settled = [this](const DeliveryId& id, const Ending& ending,
                                     const Settled& end) { settled(id, ending, end); },
                   .attempted = observers_.attempted,
                   .room = [this] { queue_.wake(); },
                   .due_in = [this](std::chrono::milliseconds time) { queue_.wake(time); }}},
      queue_{executor_, database, channels_, books_, dispatcher_, queue_settings(settings)},
      planner_{executor_,
               database,
               channels_,
               books_,
               std::move(policy),
               planner_settings(settings),
               {.room = [this] { return room(); },
                .planned = [this](Planned planned) { hand_over(std::move(planned)); },
                .broadcast = [this] { broadcasts_.wake(); },
                .in_doubt = observers_.feed_in_doubt}},
      broadcasts_{executor_,
                  database,
                  {.terms = [this] { return planner_.terms(); },
                   .planned = [this](Planned planned) { hand_over(std::move(planned)); }}},
      direct_{database, channels_, books_, [this] { return planner_.terms(); }, clock},
      outbox_{[this](Event event) { planner_.submit(std::move(event)); }},
      feed_{database},
      replay_{database, settings.kept_feed},
      inbound_{database, [this] { queue_.wake(); }},
      operations_{database},
      upkeep_{executor_, database, {.receipts_kept = settings.receipts_kept}, clock} {}

Pipeline::~Pipeline() = default;

asio::awaitable<void> Pipeline::prepare() {
    auto load = [this](db::Session& session) { return books_.current(session)->stamp(); };
    co_await database_.read(std::move(load));
    tell_of_missing_templates();
    const auto pauses = co_await operations_.pauses();
    for (const auto& pause : pauses) dispatcher_.rest(pause.channel, pause.left);
    co_await upkeep_.prepare();
    co_await planner_.prepare();
}

void Pipeline::use(std::shared_ptr<const Policy> policy) {
    planner_.use(std::move(policy));
    tell_of_missing_templates();
}

// Not a fault that stops anything: a template may be stored later. But somebody should know before the event
// comes.
void Pipeline::tell_of_missing_templates() const {
    const auto book = books_.latest();
    if (!book) return;
    for (const auto& route : policy()->routes()) {
        for (const auto& step : route.steps) {
            const auto& type = step.template_type.empty() ? route.template_type : step.template_type;
            if (!book->has(type, step.channel))
                log::warn("template_missing",
                          {{"template", type}, {"channel", step.channel}, {"route", route.name}});
        }
    }
}

void Pipeline::start() {
    dispatcher_.start();
    queue_.start();
    planner_.start();
    broadcasts_.start();
    upkeep_.start();
}

// First nothing new comes in, then what is under way ends; what the providers said is written last.
asio::awaitable<void> Pipeline::stop(SteadyClock::time_point deadline) {
    co_await upkeep_.stop();
    co_await broadcasts_.stop();
    co_await planner_.stop();
    co_await queue_.stop();
    co_await dispatcher_.stop(deadline);
}

Room Pipeline::room() const {
    Room room;
    for (const auto& [name, channel] : channels_) room.emplace(name, dispatcher_.room(name));
    return room;
}

void Pipeline::hand_over(Planned planned) {
    if (observers_.fed && !planned.feed.empty()) observers_.fed(planned.feed);
    for (auto& delivery : planned.to_send) dispatcher_.take(std::move(delivery));
    if (planned.next_due) queue_.wake(*planned.next_due);
}

void Pipeline::settled(const DeliveryId& id, const Ending& ending, const Settled& end) {
    if (observers_.ended && end.ours) observers_.ended(end.status, end.channel);
    const auto [first, last] = watches_.equal_range(id);
    for (auto it = first; it != last; ++it) {
        auto& watch = *it->second;
        watch.over = true;
        watch.ending = ending;
        watch.settled = end;
        watch.timer.cancel();
    }
}

std::shared_ptr<Pipeline::Watch> Pipeline::watch(const DeliveryId& id) {
    auto watch = std::make_shared<Watch>(executor_);
    watches_.emplace(id, watch);
    return watch;
}

void Pipeline::unwatch(const DeliveryId& id, const std::shared_ptr<Watch>& watch) {
    const auto [first, last] = watches_.equal_range(id);
    const auto mine =
        std::find_if(first, last, [&watch](const auto& entry) { return entry.second == watch; });
    if (mine != last) watches_.erase(mine);
}

asio::awaitable<void> Pipeline::wait_for(std::vector<std::shared_ptr<Watch>> watches,
                                         SteadyClock::time_point until) {
    for (const auto& watch : watches) {
        while (!watch->over && SteadyClock::now() < until) {
            watch->timer.expires_at(until);
            co_await watch->timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

asio::awaitable<Result<Pipeline::Sent>> Pipeline::send(DirectMessage message,
                                                       std::chrono::milliseconds patience,
                                                       const Direct::Also* also) {
    const auto until = SteadyClock::now() + patience;
    Result<DirectResult> stored = Error{};
    if (also)
        stored = co_await direct_.store_with(std::move(message), *also);
    else
        stored = co_await direct_.store(std::move(message));
    if (stored.has_error()) co_return stored.error();
    Sent sent;
    auto planned = std::move(stored->planned);
    sent.message = std::move(*stored);
    if (patience.count() == 0 || sent.message.status != "queued") {
        hand_over(std::move(planned));
        co_return sent;
    }
    // Before it goes, since it may be over before we look.
    const auto mine = watch(sent.message.id);
    const bool goes_now = !planned.to_send.empty() || !planned.next_due || planned.next_due->count() == 0;
    hand_over(std::move(planned));
    if (goes_now) {
        std::vector<std::shared_ptr<Watch>> watches{mine};
        co_await wait_for(std::move(watches), until);
    }
    unwatch(sent.message.id, mine);
    if (mine->over && mine->settled.ours) {
        sent.message.status = mine->settled.status;
        sent.message.reason = mine->ending.reason;
        sent.sent_at = mine->settled.sent_at;
        sent.provider_message_id = mine->ending.provider_message_id;
        sent.detail = mine->ending.detail;
    }
    co_return sent;
}

asio::awaitable<Pipeline::Processed> Pipeline::process_queue(bool ignore_due_time) {
    const auto until = SteadyClock::now() + process_patience;
    std::vector<DeliveryId> ids;
    std::vector<std::shared_ptr<Watch>> watches;
    const auto taking = [&](const DeliveryId& id) {
        ids.push_back(id);
        watches.push_back(watch(id));
    };
    co_await queue_.process(ignore_due_time, taking);
    auto waited_for = watches;
    co_await wait_for(std::move(waited_for), until);
    Processed processed;
    processed.processed = static_cast<std::int64_t>(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) unwatch(ids[i], watches[i]);
    processed.tally = co_await operations_.tally(std::move(ids));
    co_return processed;
}

asio::awaitable<void> Pipeline::resume_channel(std::string channel) {
    auto name = channel;
    co_await operations_.resume(std::move(name));
    dispatcher_.resume(channel);
}

PipelineNumbers Pipeline::numbers() const {
    return {planner_.waiting(), dispatcher_.states(), upkeep_.queue()};
}

}  // namespace carillon::notify
