#pragma once
// Messages that somebody asks for by name, template and channel, outside the routing policy. They go the way
// of all others: an event, a plan, a delivery. What cannot be rendered is refused before anything is stored.
//
// Threads: called on the event loop. Throws Unavailable when the database is away.
#include <boost/asio/awaitable.hpp>
#include <carillon/error.hpp>
#include <carillon/event.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "db/batcher.hpp"
#include "notify/people.hpp"
#include "notify/planning.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

struct DirectMessage {
    std::string to;            // a user id or a phone number
    std::string message_type;  // a template's name
    std::string channel;       // empty: WhatsApp, or whatever the template is there for
    Json context = Json::object();
    std::string reference_id;
    UserId by;
    std::string traceparent;
    Time at;  // filled in when it is taken on
};

// As it stands after planning.
struct DirectResult {
    DeliveryId id;
    EventId event;
    UserId user;
    std::string phone;
    std::string channel;
    std::string message_type;
    std::string status;  // "queued", "skipped" or "dead"
    Reason reason = Reason::none;
    std::string text;
    Time at;
    Planned planned;  // its own part, to be handed over
};

class Direct {
public:
    // Inside the transaction that stores the message, for whoever keeps an answer with it.
    using Also = std::function<void(db::Session&, const DirectResult&)>;

    Direct(db::Database& database, const Channels& channels, Books& books,
           std::function<PlanningTerms()> terms, Clock clock);

    // Failure::invalid with the fields: an unknown type, missing variables, a number that is none.
    asio::awaitable<Result<DirectResult>> store(DirectMessage message);
    asio::awaitable<Result<DirectResult>> store_with(DirectMessage message, const Also& also);

private:
    struct Item {
        DirectMessage message;
        std::shared_ptr<const PlanningTerms> terms;  // made on the event loop
    };
    using Answers = std::vector<Result<DirectResult>>;

    [[nodiscard]] Item item_of(DirectMessage message) const;
    Answers store_all(db::Session& session, std::span<const Item> items) const;
    [[nodiscard]] Result<Event> check(const DirectMessage& message, const TemplateBook& book,
                                      const People& people, const PlanSettings& settings) const;

    db::Database& database_;
    const Channels& channels_;
    Books& books_;
    std::function<PlanningTerms()> terms_;
    Clock clock_;
    db::Batcher<Item, Result<DirectResult>> batches_;
};

}  // namespace carillon::notify
