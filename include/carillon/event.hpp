#pragma once
// What happened, as it is stored together with the record that it happened to.
#include <carillon/id.hpp>
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <string>

namespace carillon {

struct Event {
    EventId id;           // "evt_…"; ordering by id is ordering by time
    std::string type;     // "lead.created"; decides, through the routing policy, who is told and how
    UserId actor;         // who caused it; empty: nobody in particular
    std::string subject;  // what it is about, in the caller's words ("order-123"); the messages' reference_id
    Json payload = Json::object();
    Time at;
    std::string traceparent;
};

}  // namespace carillon
