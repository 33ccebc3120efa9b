#include "channels/single_flight.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <stdexcept>
#include <vector>

#include "channels/all_of.hpp"
#include "support/loop.hpp"

namespace carillon::channels {
namespace {

using testing::ElementsAre;

class SingleFlightTest : public testing::Test {
protected:
    using Flight = SingleFlight<int>;

    // Counts itself, waits for the bell, then answers or throws.
    asio::awaitable<int> work(bool fails) {
        const auto mine = ++begun;
        co_await bell.async_wait(asio::as_tuple(asio::use_awaitable));
        if (fails) throw std::runtime_error{"no"};
        co_return mine;
    }
    std::future<int> ask(bool fails = false) {
        Flight::Work task = [this, fails] { return work(fails); };
        return asio::co_spawn(io, flight.join(std::move(task)), asio::use_future);
    }
    void settle() {
        if (io.stopped()) io.restart();
        while (io.poll_one() > 0) {
        }
    }
    void ring() {
        bell.cancel();
        settle();
    }

    asio::io_context io;
    asio::steady_timer bell{io, asio::steady_timer::time_point::max()};
    Flight flight;
    int begun = 0;
};

TEST_F(SingleFlightTest, GoesOnceForAllWhoAskMeanwhile) {
    auto first = ask();
    auto second = ask();
    settle();
    auto third = ask();
    settle();
    ring();

    EXPECT_EQ(test::finish_on_loop(io, first), 1);
    EXPECT_EQ(test::finish_on_loop(io, second), 1);
    EXPECT_EQ(test::finish_on_loop(io, third), 1);
    EXPECT_EQ(begun, 1);
}

TEST_F(SingleFlightTest, GoesAgainForWhoAsksLater) {
    auto first = ask();
    settle();
    ring();
    auto second = ask();
    settle();
    ring();

    EXPECT_EQ(test::finish_on_loop(io, first), 1);
    EXPECT_EQ(test::finish_on_loop(io, second), 2);
}

TEST_F(SingleFlightTest, TellsEverybodyOfAFailureAndRecovers) {
    auto first = ask(true);
    auto second = ask(true);
    settle();
    ring();
    auto third = ask();
    settle();
    ring();

    EXPECT_THROW(test::finish_on_loop(io, first), std::runtime_error);
    EXPECT_THROW(test::finish_on_loop(io, second), std::runtime_error);
    EXPECT_EQ(test::finish_on_loop(io, third), 2);
}

TEST_F(SingleFlightTest, MayBeForgottenWithItsLoop) {
    const auto waiting = ask();
    settle();

    EXPECT_EQ(begun, 1);  // the sanitizer looks after the rest
}

class AllOfTest : public testing::Test {
protected:
    asio::awaitable<int> answer(int value) {
        asio::steady_timer turn{io, std::chrono::milliseconds{0}};
        co_await turn.async_wait(asio::use_awaitable);
        ++ended;
        if (value < 0) throw std::runtime_error{"no"};
        co_return value;
    }
    std::vector<asio::awaitable<int>> answers(const std::vector<int>& values) {
        std::vector<asio::awaitable<int>> works;
        for (const int value : values) works.push_back(answer(value));
        return works;
    }

    asio::io_context io;
    int ended = 0;
};

TEST_F(AllOfTest, AnswersInOrder) {
    EXPECT_THAT(test::run_on_loop(io, all_of(answers({1, 2, 3}))), ElementsAre(1, 2, 3));
}

TEST_F(AllOfTest, OfNothingIsNothing) {
    EXPECT_THAT(test::run_on_loop(io, all_of(answers({}))), testing::IsEmpty());
}

TEST_F(AllOfTest, ThrowsAfterTheLastHasEnded) {
    EXPECT_THROW(test::run_on_loop(io, all_of(answers({1, -1, 3}))), std::runtime_error);
    EXPECT_EQ(ended, 3);
}

}  // namespace
}  // namespace carillon::channels
