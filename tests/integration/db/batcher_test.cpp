#include "db/batcher.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <latch>
#include <numeric>

#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::db {
namespace {

using namespace std::chrono_literals;
using Numbers = Batcher<int, int>;

// Divides by each number in one statement: zero is somebody's bad value.
constexpr Statement invert{"batch_invert",
                           "SELECT 1000 / v FROM unnest($1::bigint[]) WITH ORDINALITY u(v, n) ORDER BY n"};
constexpr Statement insert{"batch_insert", "INSERT INTO notes (n) SELECT v FROM unnest($1::bigint[]) u(v)"};

std::vector<int> run_invert(Session& session, std::span<const int> items) {
    std::vector<int> answers;
    for (const auto& row :
         session.exec(invert, array_of(std::vector<std::int64_t>(items.begin(), items.end())))) {
        answers.push_back(row[0].as<int>());
    }
    return answers;
}

std::vector<int> run_insert(Session& session, std::span<const int> items) {
    session.exec(insert, array_of(std::vector<std::int64_t>(items.begin(), items.end())));
    return std::vector<int>(items.begin(), items.end());
}

class BatcherTest : public ::testing::Test {
protected:
    BatcherTest() {
        own.query("CREATE TABLE notes (n int UNIQUE CHECK (n > 0))");
        Settings settings;
        settings.url = Secret{own.url()};
        settings.connections = 2;
        database.emplace(settings);
        database->start();
    }

    // Counts the round trips and remembers how large each was.
    Numbers::Work counted(Numbers::Work work) {
        return [this, work = std::move(work)](Session& session, std::span<const int> items) {
            ++trips;
            largest = std::max(largest.load(), items.size());
            return work(session, items);
        };
    }
    std::future<int> submit(Numbers& batcher, int item) {
        return asio::co_spawn(io, batcher.submit(item), asio::use_future);
    }
    std::vector<std::future<int>> submit_all(Numbers& batcher, const std::vector<int>& items) {
        std::vector<std::future<int>> answers;
        for (const int item : items) answers.push_back(submit(batcher, item));
        return answers;
    }
    void run_all() {
        io.restart();
        io.run();
    }

    test::TestDatabase own{test::TestDatabase::Start::empty};
    std::optional<Database> database;
    asio::io_context io;
    std::atomic<int> trips = 0;
    std::atomic<std::size_t> largest = 0;
};

TEST_F(BatcherTest, EverythingOfOneTurnSharesARoundTripInOrder) {
    Numbers batcher{*database, {}, counted(run_invert)};
    std::vector<int> items(100);
    std::iota(items.begin(), items.end(), 1);

    auto answers = submit_all(batcher, items);
    run_all();

    for (std::size_t i = 0; i < items.size(); ++i) EXPECT_EQ(answers[i].get(), 1000 / items[i]);
    EXPECT_EQ(trips, 1);
}

TEST_F(BatcherTest, WhoeverComesWhileTheLanesAreBusySharesTheNext) {
    std::latch started{1};
    std::latch release{1};
    Numbers::Settings settings;
    settings.lanes = 1;
    Numbers batcher{*database, settings, counted([&](Session& session, std::span<const int> items) {
                        if (items[0] == 1) {
                            started.count_down();
                            release.wait();
                        }
                        return run_invert(session, items);
                    })};
    auto first = submit(batcher, 1);
    // The loop goes on turning until the first batch is on its thread.
    while (!started.try_wait()) {
        io.restart();
        io.poll();
    }

    auto later = submit_all(batcher, {2, 4, 5});
    io.restart();
    io.poll();
    EXPECT_EQ(trips, 1);
    release.count_down();
    run_all();

    EXPECT_EQ(first.get(), 1000);
    EXPECT_EQ(later[0].get() + later[1].get() + later[2].get(), 500 + 250 + 200);
    EXPECT_EQ(trips, 2);
}

TEST_F(BatcherTest, BatchIsNeverLargerThanItsLimit) {
    Numbers::Settings settings;
    settings.batch_limit = 10;
    Numbers batcher{*database, settings, counted(run_invert)};

    auto answers = submit_all(batcher, std::vector<int>(35, 10));
    run_all();

    for (auto& answer : answers) EXPECT_EQ(answer.get(), 100);
    EXPECT_EQ(largest, 10U);
    EXPECT_EQ(trips, 4);
}

TEST_F(BatcherTest, OneBadItemCostsNobodyElse) {
    Numbers batcher{*database, {}, counted(run_invert)};

    auto answers = submit_all(batcher, {1, 2, 0, 4, 5});
    run_all();

    EXPECT_EQ(answers[0].get(), 1000);
    EXPECT_EQ(answers[1].get(), 500);
    EXPECT_THROW(answers[2].get(), pqxx::data_exception);
    EXPECT_EQ(answers[3].get(), 250);
    EXPECT_EQ(answers[4].get(), 200);
}

TEST_F(BatcherTest, TransactionBatchKeepsTheGoodOnes) {
    Numbers::Settings settings;
    settings.mode = BatchMode::transaction;
    Numbers batcher{*database, settings, counted(run_insert)};

    auto answers = submit_all(batcher, {1, 2, -3, 4, 2});
    run_all();

    EXPECT_EQ(answers[0].get(), 1);
    EXPECT_EQ(answers[1].get(), 2);
    EXPECT_THROW(answers[2].get(), pqxx::check_violation);
    EXPECT_EQ(answers[3].get(), 4);
    EXPECT_THROW(answers[4].get(), pqxx::unique_violation);
    EXPECT_EQ(own.value("SELECT string_agg(n::text, ',' ORDER BY n) FROM notes"), "1,2,4");
}

TEST_F(BatcherTest, AbsentDatabaseFailsAllWithoutTryingEach) {
    Numbers batcher{*database, {}, counted(run_invert)};
    database->stop(1s);

    auto answers = submit_all(batcher, {1, 2, 3});
    run_all();

    for (auto& answer : answers) EXPECT_THROW(answer.get(), Unavailable);
    EXPECT_EQ(trips, 0);
}

TEST_F(BatcherTest, QueueIsBounded) {
    Numbers::Settings settings;
    settings.waiting_limit = 3;
    Numbers batcher{*database, settings, counted(run_invert)};

    auto answers = submit_all(batcher, {1, 1, 1, 1});
    run_all();

    for (int i = 0; i < 3; ++i) EXPECT_EQ(answers[static_cast<std::size_t>(i)].get(), 1000);
    try {
        answers[3].get();
        FAIL() << "there was no place for it";
    } catch (const Unavailable& error) {
        EXPECT_EQ(error.code(), "database_overloaded");
    }
}

TEST_F(BatcherTest, WrongNumberOfAnswersIsADefectThatEveryCallerSees) {
    Numbers batcher{*database, {}, [](Session&, std::span<const int>) { return std::vector<int>{}; }};

    auto answers = submit_all(batcher, {1, 2});
    run_all();

    for (auto& answer : answers) EXPECT_THROW(answer.get(), std::logic_error);
}

}  // namespace
}  // namespace carillon::db
