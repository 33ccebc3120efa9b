#include "admin/loop_lag.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <vector>

namespace carillon::admin {
namespace {

using namespace std::chrono_literals;

class LoopLagTest : public testing::Test {
protected:
    bool note(std::chrono::milliseconds late, std::chrono::seconds at = 0s) {
        return lag.note(begin + at, begin + at + late);
    }

    LoopLag::Instant begin{1h};
    std::vector<std::chrono::nanoseconds> observed;
    boost::asio::io_context loop;
    LoopLag lag{loop.get_executor(), {}, [this](auto late) { observed.push_back(late); }};
};

TEST_F(LoopLagTest, TellsTheLastAndTheLongest) {
    note(2ms);
    note(40ms);
    note(3ms);

    EXPECT_EQ(lag.last(), 3ms);
    EXPECT_EQ(lag.maximum(), 40ms);
    EXPECT_EQ(observed, (std::vector<std::chrono::nanoseconds>{2ms, 40ms, 3ms}));
}

TEST_F(LoopLagTest, ATimerThatFiresEarlyIsNotLate) {
    lag.note(begin, begin - 1us);

    EXPECT_EQ(lag.last(), 0ns);
}

TEST_F(LoopLagTest, WarnsOnlyAboveTheLimit) {
    EXPECT_FALSE(note(250ms));
    EXPECT_TRUE(note(251ms));
}

TEST_F(LoopLagTest, WarnsOnceAMinute) {
    EXPECT_TRUE(note(300ms, 0s));
    EXPECT_FALSE(note(300ms, 59s));
    EXPECT_TRUE(note(300ms, 60s));
    EXPECT_FALSE(note(300ms, 61s));
}

TEST(LoopLag, KeepsMeasuringUntilStopped) {
    boost::asio::io_context loop;
    int measured = 0;
    LoopLag* running = nullptr;
    LoopLag lag{loop.get_executor(), {1ms, 250ms, 60s}, [&](auto) {
                    if (++measured == 3) running->stop();
                }};
    running = &lag;

    lag.start();
    loop.run();  // ends only because nothing waits any more

    EXPECT_EQ(measured, 3);
}

TEST(LoopLag, SeesALoopThatIsHeldUp) {
    boost::asio::io_context loop;
    LoopLag* running = nullptr;
    LoopLag lag{loop.get_executor(), {1ms, 250ms, 60s}, [&](auto) { running->stop(); }};
    running = &lag;

    lag.start();
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < 20ms) {
    }
    loop.run();

    EXPECT_GE(lag.maximum(), 15ms);
}

}  // namespace
}  // namespace carillon::admin
