#include "notify/journal_rows.hpp"

namespace carillon::notify {
namespace {

Json json_of(const pqxx::field& field) {
    return field.is_null() ? Json{} : Json::parse(field.c_str());
}

}  // namespace

LogMessage message_of(const pqxx::row& row) {
    LogMessage message;
    message.id = DeliveryId{row["id"].c_str()};
    message.event = EventId{row["event_id"].c_str()};
    message.user = maybe_text(row["user_id"]);
    message.phone = maybe_text(row["phone"]);
    message.channel = row["channel"].c_str();
    message.type = row["type"].c_str();
    message.language = maybe_text(row["language"]);
    message.text = maybe_text(row["message"]);
    message.status = row["status"].c_str();
    message.reason = row["reason"].c_str();
    message.detail = maybe_text(row["detail"]);
    message.reference = maybe_text(row["reference_id"]);
    message.attempt = row["attempt"].as<int>();
    message.created_at = time_of(row["created_us"]);
    message.sent_at = optional_time(row["sent_us"]);
    message.delivered_at = optional_time(row["delivered_us"]);
    message.read_at = optional_time(row["read_us"]);
    message.failed_at = optional_time(row["failed_us"]);
    message.provider_message_id = maybe_text(row["provider_message_id"]);
    return message;
}

EventRow event_of(const pqxx::row& row) {
    return {EventId{row["id"].c_str()}, row["type"].c_str(),     maybe_text(row["actor"]),
            maybe_text(row["subject"]), json_of(row["payload"]), time_of(row["created_us"])};
}

PlanRow plan_of(const pqxx::row& row) {
    return {time_of(row["planned_us"]), row["recipients"].as<int>(), row["deliveries"].as<int>(),
            row["feed_rows"].as<int>(), maybe_text(row["broadcast"])};
}

OutboxRow outbox_of(const pqxx::row& row) {
    return {time_of(row["due_us"]), row["tries"].as<int>()};
}

BroadcastRow broadcast_of(const pqxx::row& row) {
    BroadcastRow broadcast;
    broadcast.id = row["id"].c_str();
    broadcast.route = row["route"].c_str();
    broadcast.total = row["total"].as<int>();
    broadcast.planned = row["planned"].as<int>();
    broadcast.position = row["position"].c_str();
    broadcast.status = row["status"].c_str();
    broadcast.created_at = time_of(row["created_us"]);
    broadcast.finished_at = optional_time(row["finished_us"]);
    return broadcast;
}

QueueRow queue_of(const pqxx::row& row) {
    QueueRow queue;
    queue.state = row["state"].c_str();
    queue.reason = row["reason"].c_str();
    queue.due = optional_time(row["due_us"]);
    queue.attempt = row["attempt"].as<int>();
    queue.begun_at = optional_time(row["begun_us"]);
    queue.node = maybe_text(row["node"]);
    queue.unless = maybe_text(row["unless"]);
    queue.expires_at = optional_time(row["expires_us"]);
    queue.first_at = time_of(row["first_us"]);
    return queue;
}

AttemptRow attempt_of(const pqxx::row& row) {
    return {row["attempt"].as<int>(), time_of(row["begun_us"]), time_of(row["ended_us"]), row["node"].c_str(),
            row["verdict"].c_str(),   row["reason"].c_str(),    json_of(row["answer"])};
}

ReceiptRow receipt_of(const pqxx::row& row) {
    return {row["provider"].c_str(),     row["event_id"].c_str(),     row["kind"].c_str(),
            time_of(row["occurred_us"]), time_of(row["received_us"]), json_of(row["body"])};
}

InterventionRow intervention_of(const pqxx::row& row) {
    return {time_of(row["at_us"]), row["what"].c_str(), row["actor"].c_str()};
}

FeedRow feed_of(const pqxx::row& row) {
    return {row["user_id"].c_str(), row["seq"].as<std::int64_t>(), row["type"].c_str(),
            time_of(row["created_us"]), optional_time(row["read_us"])};
}

ReaderRow reader_of(const pqxx::row& row) {
    return {row["device"].c_str(), row["acked_seq"].as<std::int64_t>(), time_of(row["seen_us"])};
}

Sibling sibling_of(const pqxx::row& row) {
    return {DeliveryId{row["id"].c_str()}, row["channel"].c_str(), row["step"].as<int>(),
            row["status"].c_str(), row["reason"].c_str()};
}

}  // namespace carillon::notify
