// How many may wait, and how a client ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>

#include "unit/outbound/outbound_bench.hpp"

namespace carillon::test {
namespace {

outbound::ClientSettings one_at_a_time(std::size_t waiting_limit = 10'000) {
    outbound::ClientSettings settings;
    settings.connections_per_host = 1;
    settings.waiting_limit = waiting_limit;
    return settings;
}

void keep_silent(ScriptedServer::Peer& peer) {
    peer.read();
    peer.wait_for_end();
}

TEST(OutboundLimits, RefusesMoreThanMayWait) {
    ScriptedServer server{keep_silent};
    OutboundBench bench{one_at_a_time(2)};
    auto first = bench.begin(call_to(server.url()));
    ASSERT_TRUE(eventually([&] { return server.request_count() == 1; }));
    auto second = bench.begin(call_to(server.url()));
    auto third = bench.begin(call_to(server.url()));

    const auto fourth = bench.ask(call_to(server.url()));

    EXPECT_EQ(fourth.failure, Failure::refused);
    EXPECT_TRUE(fourth.surely_unsent());
    EXPECT_EQ(bench.client.numbers().in_flight, 3);
    bench.client.stop();
    EXPECT_EQ(bench.end(first).failure, Failure::lost);
    EXPECT_EQ(bench.end(second).failure, Failure::refused);
    EXPECT_EQ(bench.end(third).failure, Failure::refused);
    EXPECT_EQ(server.request_count(), 1);
}

TEST(OutboundLimits, ASlowHostHoldsUpNoOther) {
    ScriptedServer slow{keep_silent};
    ScriptedServer quick{always(http_answer("200 OK", ""))};
    OutboundBench bench{one_at_a_time()};
    auto first = bench.begin(call_to(slow.url()));
    auto second = bench.begin(call_to(slow.url()));

    EXPECT_TRUE(bench.ask(call_to(quick.url())).answered());

    bench.client.stop();
    EXPECT_FALSE(bench.end(first).answered());
    EXPECT_FALSE(bench.end(second).answered());
}

TEST(OutboundLimits, ThoseThatWaitGoInTheirOrder) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench{one_at_a_time()};
    std::vector<std::future<outbound::Reply>> replies;
    for (int i = 0; i < 20; ++i) replies.push_back(bench.begin(call_to(server.url(), std::to_string(i))));
    for (auto& reply : replies) EXPECT_TRUE(bench.end(reply).answered());

    const auto seen = server.requests();
    ASSERT_EQ(seen.size(), 20);
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].body, std::to_string(i));
}

TEST(OutboundStop, EndsWhatIsUnderWay) {
    ScriptedServer server{keep_silent};
    OutboundBench bench;
    std::vector<std::future<outbound::Reply>> replies;
    for (int i = 0; i < 100; ++i) replies.push_back(bench.begin(call_to(server.url())));
    ASSERT_TRUE(eventually([&] { return server.request_count() == 4; }));

    bench.client.stop();
    bench.client.stop();

    int lost = 0;
    for (auto& reply : replies) lost += bench.end(reply).failure == Failure::lost;
    EXPECT_EQ(lost, 4);
    EXPECT_EQ(bench.client.numbers().in_flight, 0);
    EXPECT_EQ(bench.ask(call_to(server.url())).failure, Failure::refused);
    EXPECT_EQ(server.request_count(), 4);
}

TEST(OutboundStop, DestructionStopsToo) {
    ScriptedServer server{keep_silent};
    boost::asio::io_context io;
    std::optional<outbound::Client> client;
    client.emplace(outbound::ClientSettings{});
    auto reply = boost::asio::co_spawn(io, client->send(call_to(server.url())), boost::asio::use_future);
    io.poll();
    ASSERT_TRUE(eventually([&] { return server.request_count() == 1; }));

    client.reset();

    EXPECT_EQ(finish_on_loop(io, reply).failure, Failure::lost);
}

TEST(OutboundStop, OnTheMomentOfAnswersLosesNone) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    for (int round = 0; round < 20; ++round) {
        OutboundBench bench;
        std::vector<std::future<outbound::Reply>> replies;
        for (int i = 0; i < 50; ++i) replies.push_back(bench.begin(call_to(server.url())));
        bench.end(replies[static_cast<std::size_t>(round)]);
        bench.client.stop();
        for (std::size_t i = 0; i < replies.size(); ++i) {
            if (i != static_cast<std::size_t>(round)) bench.end(replies[i]);
        }
        EXPECT_EQ(bench.client.numbers().in_flight, 0);
    }
}

// They are handed over together, but they are not one.
TEST(OutboundAnswers, OneThatThrowsTakesNoOtherWithIt) {
    ScriptedServer server{always(http_answer("200 OK", ""))};
    OutboundBench bench;
    int ended = 0;
    const auto ask = [&](bool throws) -> boost::asio::awaitable<void> {
        co_await bench.client.send(call_to(server.url()));
        ++ended;
        if (throws) throw std::runtime_error{"out of the loop"};
    };
    const auto rethrow = [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    for (int i = 0; i < 20; ++i) boost::asio::co_spawn(bench.io, ask(i % 2 == 0), rethrow);

    bool thrown = false;
    while (ended < 20) {
        if (bench.io.stopped()) bench.io.restart();
        try {
            ASSERT_GT(bench.io.run_one_for(std::chrono::minutes{1}), 0);
        } catch (const std::exception&) {
            thrown = true;
        }
    }
    EXPECT_TRUE(thrown);
}

}  // namespace
}  // namespace carillon::test
