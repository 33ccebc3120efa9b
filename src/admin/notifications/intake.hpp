#pragma once
// What the counter takes in and gives out; pure.
#include <carillon/error.hpp>
#include <carillon/event.hpp>
#include <carillon/json.hpp>
#include <carillon/response.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "notify/pipeline.hpp"

namespace carillon::admin {

struct SendOrder {
    notify::DirectMessage message;
    bool immediate = false;
};
// {phone or user_id, message_type, context, reference_id?, immediate?, channel?}
[[nodiscard]] Result<SendOrder> parse_send(const Json& body);
[[nodiscard]] Response send_answer(const notify::Pipeline::Sent& sent, const std::string& reference_id);

// {type, payload, subject?}; a type that no route names would tell nobody, so it is refused.
[[nodiscard]] Result<Event> parse_event(const Json& body, const notify::Policy& policy);

[[nodiscard]] Json queue_json(const std::vector<notify::QueueEntry>& entries,
                              const notify::QueueNumbers& numbers, const Json& next_cursor);

struct PipelineHealth {
    bool database_up = false;
    notify::QueueNumbers queue;
    std::chrono::microseconds uptime{};
    std::vector<notify::ChannelState> channels;
};
[[nodiscard]] Response health_answer(const PipelineHealth& health);

}  // namespace carillon::admin
