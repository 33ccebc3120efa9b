#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "support/loop.hpp"

namespace carillon::net {
namespace {

using namespace std::chrono_literals;
using Deadline = TimerWheel::Deadline;

struct TimerWheelTest : testing::Test {
    // Ticks until it happens, 0 when it does not within the limit.
    int ticks_until(const std::function<bool()>& happened, int limit = 5'000) {
        for (int ticks = 1; ticks <= limit; ++ticks) {
            wheel.advance();
            if (happened()) return ticks;
        }
        return 0;
    }
    void turn(int ticks) {
        for (int i = 0; i < ticks; ++i) wheel.advance();
    }

    boost::asio::io_context io;
    TimerWheel wheel{io};
    int fired = 0;
};

TEST_F(TimerWheelTest, FiresOnceAndNeverEarly) {
    Deadline deadline{wheel, [this] { ++fired; }};
    deadline.set(1s);

    // Four ticks may be less than a second, when the first of them was almost over.
    turn(4);
    EXPECT_EQ(fired, 0);
    turn(1);
    EXPECT_EQ(fired, 1);
    turn(2'000);
    EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, FiresSoonWhenThereIsNoTime) {
    Deadline deadline{wheel, [this] { ++fired; }};
    deadline.set(0ms);

    EXPECT_EQ(ticks_until([this] { return fired > 0; }), 1);
}

TEST_F(TimerWheelTest, FiresAtTheLastDeadlineThatWasSet) {
    Deadline later{wheel, [this] { ++fired; }};
    later.set(1s);
    turn(3);
    later.set(2s);
    EXPECT_EQ(ticks_until([this] { return fired > 0; }), 9);

    Deadline earlier{wheel, [this] { ++fired; }};
    earlier.set(10s);
    turn(3);
    earlier.set(1s);
    EXPECT_EQ(ticks_until([this] { return fired > 1; }), 5);
    turn(2'000);
    EXPECT_EQ(fired, 2);
}

TEST_F(TimerWheelTest, ForgetsWhatIsCleared) {
    Deadline deadline{wheel, [this] { ++fired; }};
    deadline.set(1s);
    turn(2);

    deadline.clear();
    turn(2'000);
    EXPECT_EQ(fired, 0);

    deadline.set(1s);
    deadline.clear();
    deadline.set(2s);
    EXPECT_EQ(ticks_until([this] { return fired > 0; }), 9);
}

TEST_F(TimerWheelTest, TakesDeadlinesBeyondOneTurn) {
    // A turn is 512 ticks, 128 seconds.
    for (const auto seconds : {127, 128, 129, 300, 1'000}) {
        fired = 0;
        Deadline deadline{wheel, [this] { ++fired; }};
        deadline.set(std::chrono::seconds{seconds});
        EXPECT_EQ(ticks_until([this] { return fired > 0; }), seconds * 4 + 1) << seconds;
    }
}

TEST_F(TimerWheelTest, LetsGoOfADeadlineThatIsGone) {
    {
        Deadline deadline{wheel, [this] { ++fired; }};
        deadline.set(1s);
    }
    turn(10);
    EXPECT_EQ(fired, 0);
}

TEST_F(TimerWheelTest, MayDestroyDeadlinesWhileOneFires) {
    std::optional<Deadline> neighbours[3];
    for (auto& each : neighbours) {
        each.emplace(wheel, [&] {
            ++fired;
            for (auto& other : neighbours) other.reset();
        });
        each->set(1s);
    }

    turn(10);

    // The first to fire took the others with it, and itself.
    EXPECT_EQ(fired, 1);
}

TEST_F(TimerWheelTest, MayBeSetAgainByTheDeadlineThatFires) {
    std::optional<Deadline> again;
    again.emplace(wheel, [&] {
        if (++fired < 3) again->set(128s);
    });
    again->set(0ms);

    EXPECT_EQ(ticks_until([this] { return fired == 3; }), 1 + 2 * 513);
}

TEST_F(TimerWheelTest, KeepsManyApart) {
    std::mt19937 random{42};
    struct Each {
        std::unique_ptr<Deadline> deadline;
        int due = 0;  // 0: cleared
        int fired_at = 0;
    };
    std::vector<Each> all(10'000);
    int now = 0;
    for (auto& each : all) {
        each.deadline = std::make_unique<Deadline>(wheel, [&each, &now] { each.fired_at = now; });
        // Set, and often set again: only the last counts.
        for (auto times = 1 + random() % 3; times > 0; --times) {
            const auto ticks = static_cast<int>(random() % 1'200);
            each.deadline->set(ticks * TimerWheel::tick);
            each.due = ticks + 1;
        }
        if (random() % 10 == 0) {
            each.deadline->clear();
            each.due = 0;
        }
    }

    while (++now <= 1'300) wheel.advance();

    for (const auto& each : all) EXPECT_EQ(each.fired_at, each.due);
}

TEST_F(TimerWheelTest, TurnsByItselfUntilItIsStopped) {
    Deadline deadline{wheel, [this] {
                          ++fired;
                          wheel.stop();
                      }};
    deadline.set(0ms);

    test::run_on_loop(io, wheel.run());

    EXPECT_EQ(fired, 1);
}

}  // namespace
}  // namespace carillon::net
