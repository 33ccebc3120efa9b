#pragma once
// A client and a loop of its own, and calls made on it.
#include <boost/asio/io_context.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "outbound/client.hpp"
#include "support/loop.hpp"
#include "support/unit_scripted_server.hpp"

namespace carillon::test {

using outbound::Call;
using outbound::Failure;

inline Call call_to(std::string url, std::string body = "{}") {
    Call call;
    call.url = std::move(url);
    call.body = std::move(body);
    call.headers = {{"Content-Type", "application/json"}};
    return call;
}

struct OutboundBench {
    explicit OutboundBench(outbound::ClientSettings settings = {}) : client{std::move(settings)} {}

    // Under way when this returns, or refused.
    std::future<outbound::Reply> begin(Call call) {
        auto reply = boost::asio::co_spawn(io, client.send(std::move(call)), boost::asio::use_future);
        io.restart();
        io.poll();
        return reply;
    }
    outbound::Reply end(std::future<outbound::Reply>& reply) { return finish_on_loop(io, reply); }
    outbound::Reply ask(Call call) {
        auto reply = begin(std::move(call));
        return end(reply);
    }

    boost::asio::io_context io;
    outbound::Client client;
};

}  // namespace carillon::test
