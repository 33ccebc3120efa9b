#include "notify/direct.hpp"

#include <algorithm>
#include <carillon/phone.hpp>
#include <unordered_map>
#include <utility>

#include "core/kill_point.hpp"
#include "notify/outbox.hpp"

namespace carillon::notify {
namespace {

// Where nobody names a channel: the first of these that the template is there for.
constexpr std::string_view preferred[] = {"whatsapp", "push", "web_chat"};

Error invalid(std::string field, std::string message) {
    auto detail = field + " " + message;
    return {Failure::invalid, std::move(detail), {{std::move(field), std::move(message)}}};
}

std::string channel_for(const DirectMessage& message, const TemplateBook& book) {
    if (!message.channel.empty()) return message.channel;
    for (const auto channel : preferred) {
        if (book.has(message.message_type, channel)) return std::string{channel};
    }
    return {};
}

const Recipient* find(const People& people, const std::string& name) {
    const auto found = people.find(name);
    return found == people.end() ? nullptr : &found->second;
}

// The same words as in the plan, before anything is stored: there it would be a message that died.
std::optional<Error> cannot_render(const Event& event, const TemplateBook& book, const Recipient* who,
                                   const PlanSettings& settings) {
    Recipient stranger;
    const auto& reader = who ? *who : stranger;
    const auto route = direct_route(event);
    const auto& language = reader.language.empty() ? settings.language : reader.language;
    const auto rendered = book.render(route.template_type, route.steps.front().channel, language,
                                      context_for(event, route, reader));
    if (rendered.has_value()) return std::nullopt;
    auto error = rendered.error();
    error.failure = Failure::invalid;
    if (error.code == "template_missing") return invalid("channel", "has no template " + route.template_type);
    return error;
}

DirectResult result_of(const PlannedDelivery& delivery, const Event& event) {
    DirectResult result;
    result.id = delivery.message.id;
    result.event = event.id;
    result.user = delivery.message.user;
    result.phone = delivery.message.phone;
    result.channel = delivery.channel;
    result.message_type = delivery.message.type;
    result.status = delivery.status;
    result.reason = delivery.reason;
    result.text = delivery.message.text;
    result.at = event.at;
    return result;
}

// Each message gets what the plan made of its event.
void hand_out(Planned planned, const std::vector<Event>& events, std::vector<Result<DirectResult>>& answers,
              const std::vector<std::size_t>& places) {
    std::unordered_map<std::string, std::size_t> place_of;
    for (std::size_t i = 0; i < events.size(); ++i) place_of.emplace(events[i].id.value(), i);
    for (const auto& delivery : planned.deliveries) {
        const auto i = place_of.at(delivery.message.event.value());
        answers[places[i]] = result_of(delivery, events[i]);
        answers[places[i]]->planned.next_due = planned.next_due;
    }
    for (auto& delivery : planned.to_send) {
        const auto i = place_of.at(delivery.message.event.value());
        answers[places[i]]->planned.to_send.push_back(std::move(delivery));
    }
}

}  // namespace

Direct::Direct(db::Database& database, const Channels& channels, Books& books,
               std::function<PlanningTerms()> terms, Clock clock)
    : database_{database},
      channels_{channels},
      books_{books},
      terms_{std::move(terms)},
      clock_{std::move(clock)},
      batches_{
          database,
          {.mode = db::BatchMode::transaction, .lanes = 3, .batch_limit = 200},
          [this](db::Session& session, std::span<const Item> items) { return store_all(session, items); }} {}

asio::awaitable<Result<DirectResult>> Direct::store(DirectMessage message) {
    auto item = item_of(std::move(message));
    auto result = co_await batches_.submit(std::move(item));
    kill_point("direct.committed");
    co_return result;
}

asio::awaitable<Result<DirectResult>> Direct::store_with(DirectMessage message, const Also& also) {
    const auto item = item_of(std::move(message));
    auto job = [this, &item, &also](db::Session& session) {
        auto answers = store_all(session, {&item, 1});
        if (answers.front().has_value()) also(session, *answers.front());
        return std::move(answers.front());
    };
    auto result = co_await database_.transact(std::move(job));
    kill_point("direct.committed");
    co_return result;
}

Direct::Item Direct::item_of(DirectMessage message) const {
    auto terms = terms_();
    terms.tell_all = true;
    message.at = clock_();
    return {std::move(message), std::make_shared<const PlanningTerms>(std::move(terms))};
}

Direct::Answers Direct::store_all(db::Session& session, std::span<const Item> items) const {
    const auto book = books_.current(session);
    std::vector<std::string> names;
    for (const auto& item : items) names.push_back(item.message.to);
    const auto people = find_people(session, names);

    Answers answers;
    std::vector<Event> events;
    std::vector<std::size_t> places;
    for (const auto& item : items) {
        auto event = check(item.message, *book, people, item.terms->settings);
        if (event.has_error()) {
            answers.emplace_back(event.error());
            continue;
        }
        places.push_back(answers.size());
        answers.emplace_back(DirectResult{});
        events.push_back(std::move(*event));
    }
    if (events.empty()) return answers;
    Outbox::raise(session, events);
    hand_out(plan_events(session, events, *items.front().terms), events, answers, places);
    return answers;
}

Result<Event> Direct::check(const DirectMessage& message, const TemplateBook& book, const People& people,
                            const PlanSettings& settings) const {
    if (!book.knows(message.message_type)) return invalid("message_type", "names no template");
    const auto channel = channel_for(message, book);
    if (!channels_.find(channel)) return invalid("channel", "is not a channel");
    const auto* who = find(people, message.to);
    if (!who && !as_phone(message.to)) return Error{Failure::not_found, "no such user"};

    Event event;
    event.id = EventId{make_id("evt_")};
    event.type = direct_event;
    event.actor = message.by;
    event.subject = message.reference_id;
    event.at = message.at;
    event.traceparent = message.traceparent;
    event.payload = {{"to", message.to},
                     {"message_type", message.message_type},
                     {"channel", channel},
                     {"context", message.context}};
    if (auto error = cannot_render(event, book, who, settings)) return std::move(*error);
    return event;
}

}  // namespace carillon::notify
