#pragma once
// Events that come without a record of ours: another system tells us what happened. Many are stored together.
//
// Threads: the event loop. Lifetime: outlives every request.
#include <boost/asio/awaitable.hpp>
#include <carillon/event.hpp>
#include <functional>

#include "db/batcher.hpp"
#include "notify/outbox.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

class Publisher {
public:
    Publisher(db::Database& database, Outbox& outbox);

    // Stored when this returns; told to whom it concerns from then on.
    asio::awaitable<void> publish(Event event);
    // `also` runs in the storing transaction.
    using Also = std::function<void(db::Session&)>;
    asio::awaitable<void> publish_with(Event event, const Also& also);

private:
    db::Database& database_;
    Outbox& outbox_;
    db::Batcher<Event, bool> batches_;
};

}  // namespace carillon::notify
