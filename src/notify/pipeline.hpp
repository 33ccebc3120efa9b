#pragma once
// The pipeline as the rest of the server sees it: plan, attempt, settle, and always know why.
//
// Purpose: an event that was committed through outbox() is planned into feed rows and deliveries, the
// deliveries are
//   attempted by their channels, and every end is stored with its reason.
// Threads: the event loop; SQL and rendering run on the database's threads.
// Lifetime: built once, after the database and before whoever raises events; stop() before the loop ends.
// Invariants: what is under way in memory has a row with a lease; memory only makes it quick.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "db/database.hpp"
#include "notify/books.hpp"
#include "notify/broadcasts.hpp"
#include "notify/channels.hpp"
#include "notify/direct.hpp"
#include "notify/dispatcher.hpp"
#include "notify/feed.hpp"
#include "notify/inbound.hpp"
#include "notify/operations.hpp"
#include "notify/outbox.hpp"
#include "notify/planner.hpp"
#include "notify/queue.hpp"
#include "notify/replay.hpp"
#include "notify/upkeep.hpp"

namespace carillon::notify {

struct PipelineSettings {
    std::string node;
    std::chrono::seconds lease{30};
    RetryPolicy retry;
    std::map<std::string, RetryPolicy, std::less<>> retry_of;  // channels that have their own
    PlanSettings plan;
    std::chrono::hours receipts_kept{24 * 90};
    KeptFeed kept_feed;
};

// For whoever shows it.
struct PipelineNumbers {
    std::size_t events_waiting = 0;
    std::vector<ChannelState> channels;
    QueueNumbers queue;  // as of the last upkeep
};

class Pipeline {
public:
    struct Observers {
        std::function<void(const std::vector<FeedItem>&)> fed;  // for the sockets
        std::function<void()> feed_in_doubt;                    // feeds may hold what `fed` was not told
        std::function<void(const AttemptNews&)> attempted;
        std::function<void(std::string_view status, std::string_view channel)> ended;
    };
    Pipeline(asio::any_io_executor executor, db::Database& database, Channels channels,
             std::shared_ptr<const Policy> policy, PipelineSettings settings, Clock clock,
             Observers observers);
    ~Pipeline();

    // Once the schema is there. Throws Unavailable.
    asio::awaitable<void> prepare();
    void start();
    asio::awaitable<void> stop(std::chrono::steady_clock::time_point deadline);

    [[nodiscard]] Outbox& outbox() noexcept { return outbox_; }
    [[nodiscard]] Feed& feed() noexcept { return feed_; }
    [[nodiscard]] Replay& replay() noexcept { return replay_; }
    [[nodiscard]] Inbound& inbound() noexcept { return inbound_; }
    [[nodiscard]] Operations& operations() noexcept { return operations_; }
    [[nodiscard]] const Channels& channels() const noexcept { return channels_; }
    void use(std::shared_ptr<const Policy> policy);
    [[nodiscard]] std::shared_ptr<const Policy> policy() const { return planner_.policy(); }

    // How a message that was asked for by name stands: right after planning, or once its attempt is over.
    struct Sent {
        DirectResult message;
        std::string provider_message_id;
        std::optional<Time> sent_at;
        std::string detail;
    };
    // With `patience` the answer waits for the provider that long. `also` runs in the storing transaction.
    asio::awaitable<Result<Sent>> send(DirectMessage message, std::chrono::milliseconds patience,
                                       const Direct::Also* also);

    struct Processed {
        std::int64_t processed = 0;
        Operations::Tally tally;
    };
    // What is due, or all that waits, now; waits for it to be over, for some time.
    asio::awaitable<Processed> process_queue(bool ignore_due_time);
    void wake_queue() { queue_.wake(); }
    asio::awaitable<void> resume_channel(std::string channel);

    [[nodiscard]] PipelineNumbers numbers() const;

private:
    struct Watch;
    void tell_of_missing_templates() const;
    void hand_over(Planned planned);
    void settled(const DeliveryId& id, const Ending& ending, const Settled& settled);
    asio::awaitable<void> wait_for(std::vector<std::shared_ptr<Watch>> watches,
                                   std::chrono::steady_clock::time_point until);
    std::shared_ptr<Watch> watch(const DeliveryId& id);
    void unwatch(const DeliveryId& id, const std::shared_ptr<Watch>& watch);
    [[nodiscard]] Room room() const;

    asio::any_io_executor executor_;
    db::Database& database_;
    Channels channels_;
    Observers observers_;
    Books books_;
    Dispatcher dispatcher_;
    Queue queue_;
    Planner planner_;
    Broadcasts broadcasts_;
    Direct direct_;
    Outbox outbox_;
    Feed feed_;
    Replay replay_;
    Inbound inbound_;
    Operations operations_;
    Upkeep upkeep_;
    std::multimap<DeliveryId, std::shared_ptr<Watch>> watches_;
};

}  // namespace carillon::notify
