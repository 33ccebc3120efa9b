#include "notify/publisher.hpp"

#include <exception>
#include <span>
#include <utility>
#include <vector>

namespace carillon::notify {

Publisher::Publisher(db::Database& database, Outbox& outbox)
    : database_{database},
      outbox_{outbox},
      batches_{database,
               {.mode = db::BatchMode::statement, .lanes = 3},
               [](db::Session& session, std::span<const Event> events) {
                   Outbox::raise(session, events);
                   return std::vector<bool>(events.size(), true);
               }} {}

// The event is handed over also when nobody knows whether it was stored: if it was, it need not wait for its
// lease, nor let a later one overtake it; if not, the planner finds nothing to plan.
asio::awaitable<void> Publisher::publish(Event event) {
    auto stored = event;
    std::exception_ptr broken;
    try {
        co_await batches_.submit(std::move(stored));
    } catch (const Unavailable&) {
        broken = std::current_exception();
    }
    outbox_.committed(std::move(event));
    if (broken) std::rethrow_exception(broken);
}

asio::awaitable<void> Publisher::publish_with(Event event, const Also& also) {
    auto job = [&event, &also](db::Session& session) {
        Outbox::raise(session, event);
        also(session);
    };
    std::exception_ptr broken;
    try {
        co_await database_.transact(std::move(job));
    } catch (const Unavailable&) {
        broken = std::current_exception();
    }
    outbox_.committed(std::move(event));
    if (broken) std::rethrow_exception(broken);
}

}  // namespace carillon::notify
