#pragma once
// One call on its way: what was asked, who waits for the answer, and where it stands.
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "outbound/client.hpp"
#include "outbound/origins.hpp"
#include "outbound/transfer.hpp"

namespace carillon::outbound {

struct Exchange;

using SteadyTime = std::chrono::steady_clock::time_point;
// All that is under way, by the moment it must have ended. It owns them. Most calls have the same timeout, so
// a new one nearly always belongs at the end.
using Schedule = std::multimap<SteadyTime, std::unique_ptr<Exchange>>;

struct Exchange {
    using Done = asio::any_completion_handler<void(Reply)>;

    Exchange(Call what, Done whom, asio::any_io_executor where)
        : call{std::move(what)}, done{std::move(whom)}, executor{std::move(where)} {}

    Call call;
    Done done;
    asio::any_io_executor executor;  // keeps the caller's loop alive until the answer is there
    SteadyTime asked = std::chrono::steady_clock::now();
    Reply reply;

    // Of the client's thread.
    Schedule::iterator place;
    Origin* origin = nullptr;
    Generations::Place connection;
    std::unique_ptr<Transfer> transfer;  // none while it waits
};

}  // namespace carillon::outbound
