#include "admin/notifications/counter.hpp"

#include <carillon/phone.hpp>
#include <array>
#include <utility>

#include "admin/notifications/intake.hpp"
#include "http/idempotency.hpp"
#include "http/query.hpp"

namespace carillon::admin {
namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds numbers_kept{1};
constexpr const char* queue_cursor = "queue";

UserId caller_of(const Request& request) {
    return request.caller ? request.caller->user : UserId{};
}

Response accepted(const std::string& id) {
    auto response = json_response(202, {{"id", id}, {"status", "queued"}});
    response.with("Location", "/api/notifications/" + id);
    return response;
}

}  // namespace

Counter::Counter(notify::Pipeline& pipeline, notify::Publisher& publisher, std::function<bool()> database_up,
                 Clock clock)
    : pipeline_{pipeline},
      publisher_{publisher},
      database_up_{std::move(database_up)},
      clock_{std::move(clock)},
      started_{clock_()} {}

http::Routes Counter::routes() {
    using enum http::Access;
    using enum http::Takes;
    const auto run = [this](Answer (Counter::*handler)(Request&)) -> http::Handler {
        return [this, handler](Request& request) { return (this->*handler)(request); };
    };
    const std::string base = "/api/notifications";
    return {
        http::creating({Method::post, base + "/send-message", staff, json, run(&Counter::send)}),
        http::creating({Method::post, base + "/events", staff, json, run(&Counter::publish)}),
        {Method::post, base + "/resend/{message_id}", staff, nothing, run(&Counter::resend)},
        {Method::post, base + "/process-queue", staff, nothing, run(&Counter::process_queue)},
        {Method::get, base + "/queue", staff, nothing, run(&Counter::list_queue)},
        {Method::post, base + "/queue/{id}/retry", staff, nothing, run(&Counter::retry)},
        {Method::del, base + "/queue/{id}", staff, nothing, run(&Counter::dismiss)},
        {Method::post, base + "/channels/{channel}/resume", staff, nothing, run(&Counter::resume_channel)},
        {Method::get, base + "/health", open, nothing, run(&Counter::health)},
    };
}

Counter::Answer Counter::send(Request& request) {
    auto order = parse_send(*request.json);
    if (order.has_error()) co_return order.error();
    auto& message = order->message;
    message.by = caller_of(request);
    message.traceparent = request.traceparent;
    const auto wait = order->immediate ? patience : std::chrono::seconds{0};
    const auto reference = message.reference_id;

    // What is kept under an Idempotency-Key is stored with the message, so that a repeat never sends twice.
    // It is the answer as it stands then; once the provider has answered, the router keeps that one instead.
    const notify::Direct::Also keep = [&request, &reference](db::Session& session,
                                                             const notify::DirectResult& stored) {
        http::forget_answer(request);
        notify::Pipeline::Sent sent;
        sent.message = stored;
        const auto answer = send_answer(sent, reference);
        http::keep_answer(session, request, answer, stored.user);
    };
    const auto* also = request.claim ? &keep : nullptr;
    auto sent = co_await pipeline_.send(std::move(message), wait, also);
    if (sent.has_error()) co_return sent.error();
    if (order->immediate) http::forget_answer(request);
    co_return send_answer(*sent, reference);
}

Counter::Answer Counter::publish(Request& request) {
    auto event = parse_event(*request.json, *pipeline_.policy());
    if (event.has_error()) co_return event.error();
    event->id = EventId{make_id("evt_")};
    event->actor = caller_of(request);
    event->at = clock_();
    event->traceparent = request.traceparent;
    auto answer = json_response(202, {{"event_id", event->id.value()}, {"status", "accepted"}});
    answer.with("Location", "/api/notifications/events/" + event->id.value());
    if (!request.claim) {
        co_await publisher_.publish(std::move(*event));
        co_return answer;
    }
    const notify::Publisher::Also keep = [&request, &answer](db::Session& session) {
        http::forget_answer(request);
        const UserId nobody;
        http::keep_answer(session, request, answer, nobody);
    };
    co_await publisher_.publish_with(std::move(*event), keep);
    co_return answer;
}

Counter::Answer Counter::resend(Request& request) {
    const auto id = request.parameter("message_id");
    DeliveryId delivery{id};
    auto by = caller_of(request);
    const auto channel = co_await pipeline_.operations().resend(std::move(delivery), std::move(by));
    if (channel.has_error()) co_return channel.error();
    pipeline_.wake_queue();
    co_return accepted(id);
}

Counter::Answer Counter::process_queue(Request& request) {
    http::QueryReader query{request.query};
    const auto force = query.choice("force", {"true", "false"});
    if (auto error = query.finish()) co_return std::move(*error);
    const auto processed = co_await pipeline_.process_queue(force == "true");
    co_return json_response(200, {{"processed", processed.processed},
                                  {"sent", processed.tally.sent},
                                  {"failed", processed.tally.failed},
                                  {"requeued", processed.tally.requeued}});
}

Counter::Answer Counter::list_queue(Request& request) {
    http::QueryReader query{request.query};
    const auto limit = query.limit();
    const auto position = query.cursor(queue_cursor);
    if (auto error = query.finish()) co_return std::move(*error);
    if (!position.is_null() && !position.is_string()) co_return http::foreign_cursor();
    auto after = position.is_string() ? position.get<std::string>() : std::string{};
    auto entries = co_await pipeline_.operations().list(std::move(after), limit + 1);
    Json next;
    if (entries.size() > static_cast<std::size_t>(limit)) {
        entries.pop_back();
        next = http::make_cursor(queue_cursor, entries.back().id);
    }
    const auto numbers = co_await pipeline_.operations().numbers();
    co_return json_response(200, queue_json(entries, numbers, next));
}

Counter::Answer Counter::retry(Request& request) {
    const auto id = request.parameter("id");
    DeliveryId delivery{id};
    auto by = caller_of(request);
    const auto channel = co_await pipeline_.operations().retry(std::move(delivery), std::move(by));
    if (channel.has_error()) co_return channel.error();
    pipeline_.wake_queue();
    co_return accepted(id);
}

Counter::Answer Counter::dismiss(Request& request) {
    DeliveryId delivery{request.parameter("id")};
    auto by = caller_of(request);
    const auto channel = co_await pipeline_.operations().dismiss(std::move(delivery), std::move(by));
    if (channel.has_error()) co_return channel.error();
    pipeline_.wake_queue();  // another channel may have waited for this one
    co_return no_content();
}

Counter::Answer Counter::resume_channel(Request& request) {
    auto channel = request.parameter("channel");
    if (!pipeline_.channels().find(channel)) co_return Error{Failure::not_found, "no such channel"};
    co_await pipeline_.resume_channel(std::move(channel));
    co_return no_content();
}

Counter::Answer Counter::health(Request&) {
    const auto now = clock_();
    if (now - queue_read_ >= numbers_kept || now < queue_read_) {
        try {
            queue_ = co_await pipeline_.operations().numbers();
        } catch (const Unavailable&) {
            queue_.reset();
        }
        queue_read_ = now;
    }
    PipelineHealth health;
    health.database_up = database_up_() && queue_.has_value();
    health.queue = queue_.value_or(notify::QueueNumbers{});
    health.uptime = now - started_;
    health.channels = pipeline_.numbers().channels;
    co_return health_answer(health);
}

}  // namespace carillon::admin
