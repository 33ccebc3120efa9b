#pragma once
// Planning, pure: from an event, a route and a person to the rows that say what will be done and why not.
// Nothing here touches the database, the clock or a provider, so that every rule can be tested alone.
#include <carillon/channel.hpp>
#include <carillon/event.hpp>
#include <carillon/reason.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "notify/channels.hpp"
#include "notify/policy.hpp"
#include "notify/recipient.hpp"
#include "notify/template_book.hpp"

namespace carillon::notify {

struct PlanSettings {
    std::string language = "en";               // of people who have not said
    std::chrono::seconds foreground_grace{5};  // how long an open app may take to show a message itself
    std::chrono::seconds lease{30};
};

struct FeedItem {
    EventId event;
    UserId user;
    std::string type;
    std::shared_ptr<const std::string> body;  // JSON; one for all who are told of the event
    std::int64_t seq = 0;                     // known once it is written
    Time at;
};

// A row of the queue in the making; without one the delivery is final from the start.
struct Waiting {
    Time due;
    bool leased = false;  // handed over in memory, at once
    bool begun = false;
    bool parked = false;  // waits for the channel before it, however long
    Reason reason = Reason::none;
    Step::Unless unless = Step::Unless::never;
    bool bulk = false;
    bool urgent = false;
    bool fallback = false;
    std::optional<Time> expires_at;
};

struct PlannedDelivery {
    Message message;  // feed_seq is filled in once it is known
    std::string channel;
    std::string route;
    std::string reference;
    int step = 0;
    std::string status;  // "queued", "skipped" or "dead"
    Reason reason = Reason::none;
    std::string detail;
    std::optional<Waiting> waiting;
    std::optional<std::chrono::minutes> digest;  // may join one; decided where they are kept
};

struct PlannedEvent {
    EventId id;
    int recipients = 0;
    std::string broadcast;
};

struct Plan {
    std::vector<FeedItem> feed;
    std::vector<PlannedDelivery> deliveries;
    std::vector<PlannedEvent> events;
};

// Whom the event names by that path: user ids or phone numbers, in their order, each once.
[[nodiscard]] std::vector<std::string> names_in(const Event& event, const Audience& audience);

// A message that was asked for by name, template and channel, outside the policy.
inline constexpr std::string_view direct_event = "message.direct";
[[nodiscard]] Route direct_route(const Event& event);

// What a template is rendered with: the event's own values; what it does not say about the reader, their
// record does.
[[nodiscard]] Json context_for(const Event& event, const Route& route, const Recipient& who);

// The event's payload as its readers may see it: without the list of all the others.
[[nodiscard]] Json shown_payload(const Event& event, const Route& route);

class PlanWriter {
public:
    // How many deliveries of each channel may be handed over at once; the rest waits in the queue.
    using Room = std::function<bool(std::string_view channel)>;

    PlanWriter(const Channels& channels, const TemplateBook& book, const PlanSettings& settings, Time now,
               Room room);

    // `many`: the person is one of very many.
    void tell(const Event& event, const Route& route, const Recipient& who, bool many);
    // Nobody is told, and this says why.
    void tell_nobody(const Event& event, std::string_view route, Reason reason, std::string detail = {});
    [[nodiscard]] Plan& plan() noexcept { return plan_; }

private:
    struct Draft;
    // What is the same for everybody whom a route tells of an event.
    struct Shared {
        std::string of;
        Json context;
        std::shared_ptr<const std::string> body;
    };
    const Shared& share(const Event& event, const Route& route);
    void add_to_feed(const Event& event, const Route& route, const Recipient& who);
    [[nodiscard]] Reason refusal(const Event& event, const Channel* channel, std::string_view name,
                                 const Recipient& who) const;
    void add_step(const Draft& draft, std::size_t index, bool& earlier_waits);
    void skip(PlannedDelivery& delivery, Reason reason) const;
    bool render(PlannedDelivery& delivery, const Draft& draft) const;
    void schedule(PlannedDelivery& delivery, const Draft& draft, const Channel& channel, bool parked) const;
    void hold_back(Waiting& waiting, const Draft& draft, const Channel& channel) const;

    const Channels& channels_;
    const TemplateBook& book_;
    const PlanSettings& settings_;
    Time now_;
    Room room_;
    Plan plan_;
    Shared shared_;
    std::unordered_set<std::string> in_feed_;
};

}  // namespace carillon::notify
