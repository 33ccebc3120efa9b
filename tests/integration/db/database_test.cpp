#include "db/database.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <barrier>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <thread>

#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::db {
namespace {

using namespace std::chrono_literals;
using test::run_on_loop;
using test::TestDatabase;

constexpr Statement select_one{"test_one", "SELECT 1"};
constexpr Statement insert_note{"test_insert_note", "INSERT INTO notes (text) VALUES ($1)"};

int ask_one(Session& session) {
    return session.exec(select_one)[0][0].as<int>();
}

std::string code_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const Unavailable& unavailable) {
        return unavailable.code();
    } catch (const std::exception& other) {
        return std::string{"not Unavailable: "} + other.what();
    }
}

class DatabaseTest : public ::testing::Test {
protected:
    DatabaseTest() { own.query("CREATE TABLE notes (id serial PRIMARY KEY, text text NOT NULL UNIQUE)"); }

    Settings settings(const std::string& url, std::size_t connections = 2) const {
        Settings made;
        made.url = Secret{url};
        made.connections = connections;
        made.backoff_first = 10ms;
        made.backoff_last = 50ms;
        return made;
    }
    Settings settings() const { return settings(own.url()); }

    template <class Job>
    std::string failure_of_read(Database& database, Job job) {
        return failure_of(database.read(std::move(job)));
    }
    template <class T>
    std::string failure_of(asio::awaitable<T> work) {
        try {
            run_on_loop(io, std::move(work));
        } catch (...) {
            return code_of(std::current_exception());
        }
        return "no failure";
    }

    TestDatabase own{TestDatabase::Start::empty};
    asio::io_context io;
};

TEST_F(DatabaseTest, ReadAnswersOnTheCallersThread) {
    Database database{settings()};
    database.start();
    std::thread::id worked_on, resumed_on;

    auto job = [&worked_on](Session& session) {
        worked_on = std::this_thread::get_id();
        return ask_one(session);
    };
    auto ask = [&]() -> asio::awaitable<int> {
        const int answer = co_await database.read(job);
        resumed_on = std::this_thread::get_id();
        co_return answer;
    };
    const int answer = run_on_loop(io, ask());

    EXPECT_EQ(answer, 1);
    EXPECT_EQ(resumed_on, std::this_thread::get_id());
    EXPECT_NE(worked_on, resumed_on);
}

TEST_F(DatabaseTest, SessionSpeaksUtcAndUtf8UnderItsName) {
    Database database{settings()};
    database.start();

    auto job = [](Session& session) {
        std::string all;
        for (const auto* name : {"TimeZone", "client_encoding", "application_name", "statement_timeout"}) {
            all += session.exec_text(std::string{"SHOW "} + name)[0][0].c_str() + std::string{" "};
        }
        return all;
    };

    EXPECT_EQ(run_on_loop(io, database.read(job)), "UTC UTF8 carillon 5s ");
}

TEST_F(DatabaseTest, StatementIsItsOwnTransaction) {
    Database database{settings()};
    database.start();

    auto job = [](Session& session) { session.exec(insert_note, "kept"); };
    run_on_loop(io, database.statement(job));

    EXPECT_EQ(own.value("SELECT string_agg(text, ',') FROM notes"), "kept");
}

TEST_F(DatabaseTest, TransactionKeepsAllOrNothing) {
    Database database{settings()};
    database.start();
    auto keep = [](Session& session) {
        session.exec(insert_note, "a");
        session.exec(insert_note, "b");
    };
    auto lose = [](Session& session) {
        session.exec(insert_note, "c");
        throw std::runtime_error{"changed my mind"};
    };

    run_on_loop(io, database.transact(keep));
    EXPECT_THROW(run_on_loop(io, database.transact(lose)), std::runtime_error);

    EXPECT_EQ(own.value("SELECT string_agg(text, ',' ORDER BY text) FROM notes"), "a,b");
}

TEST_F(DatabaseTest, TypedExceptionsCrossUnchanged) {
    Database database{settings()};
    database.start();
    auto job = [](Session& session) { session.exec(insert_note, "twice"); };
    run_on_loop(io, database.statement(job));

    try {
        run_on_loop(io, database.transact(job));
        FAIL() << "the second must collide";
    } catch (const pqxx::unique_violation& error) {
        EXPECT_EQ(error.sqlstate(), "23505");
    }
}

TEST_F(DatabaseTest, SwallowedErrorIsNeverReportedAsCommitted) {
    Database database{settings()};
    database.start();
    auto job = [](Session& session) {
        session.exec(insert_note, "first");
        try {
            session.exec(insert_note, "first");
        } catch (const pqxx::unique_violation&) {
        }
    };

    EXPECT_THROW(run_on_loop(io, database.transact(job)), std::logic_error);
    EXPECT_EQ(own.value("SELECT count(*) FROM notes"), "0");
}

TEST_F(DatabaseTest, StatementTimeoutIsUnavailableAndTheConnectionLivesOn) {
    auto quick = settings(own.url(), 1);
    quick.statement_timeout = 50ms;
    Database database{quick};
    database.start();
    auto slow = [](Session& session) { session.exec_text("SELECT pg_sleep(30)"); };

    EXPECT_EQ(failure_of(database.read(slow)), "database_timeout");
    EXPECT_EQ(run_on_loop(io, database.read(ask_one)), 1);
    EXPECT_EQ(database.state().reconnects, 0U);
}

// Both read before either writes, so that one of them must fail at first.
TEST_F(DatabaseTest, SerializationFailureIsTriedAgain) {
    own.query("CREATE TABLE counter (n int); INSERT INTO counter VALUES (0)");
    Database database{settings()};
    database.start();
    std::barrier meeting{2};
    std::atomic<int> attempts = 0;
    auto add_one = [&](Session& session) {
        session.exec_text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE");
        const int n = session.exec_text("SELECT n FROM counter")[0][0].as<int>();
        if (attempts++ < 2) meeting.arrive_and_wait();
        session.exec_text("UPDATE counter SET n = " + std::to_string(n + 1));
    };
    auto both = [&]() -> asio::awaitable<void> {
        using namespace asio::experimental::awaitable_operators;
        auto pair = database.transact(add_one) && database.transact(add_one);
        co_await std::move(pair);
    };

    run_on_loop(io, both());

    EXPECT_EQ(own.value("SELECT n FROM counter"), "2");
    EXPECT_GE(attempts, 3);
    EXPECT_GE(database.state().retries, 1U);
}

TEST_F(DatabaseTest, ConflictsEndWhenTheTriesAreUsedUp) {
    auto stubborn = settings();
    stubborn.serialization_retries = 2;
    Database database{stubborn};
    database.start();
    int attempts = 0;
    auto job = [&attempts](Session&) {
        ++attempts;
        throw pqxx::serialization_failure{"again"};
    };

    EXPECT_THROW(run_on_loop(io, database.transact(job)), pqxx::serialization_failure);
    EXPECT_EQ(attempts, 3);
}

// The connection is ended from within COMMIT by a deferred trigger.
TEST_F(DatabaseTest, BrokenCommitIsInDoubtAndNeverRepeated) {
    own.query(R"sql(
        CREATE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION hang_up())sql");
    Database database{settings()};
    database.start();
    int attempts = 0;
    auto job = [&attempts](Session& session) {
        ++attempts;
        session.exec(insert_note, "doubtful");
    };

    EXPECT_EQ(failure_of(database.transact(job)), "outcome_unknown");
    EXPECT_EQ(attempts, 1);
}

constexpr Statement hang_up{"test_hang_up", "SELECT pg_terminate_backend(pg_backend_pid()), pg_sleep(10)"};

TEST_F(DatabaseTest, StatementThatLosesItsConnectionIsInDoubtAndNeverRepeated) {
    Database database{settings()};
    database.start();
    int attempts = 0;
    auto job = [&attempts](Session& session) {
        ++attempts;
        session.exec(hang_up);
    };

    EXPECT_EQ(failure_of(database.statement(job)), "outcome_unknown");
    EXPECT_EQ(attempts, 1);
    EXPECT_EQ(run_on_loop(io, database.read(ask_one)), 1);
}

TEST_F(DatabaseTest, ReadAndTransactionThatLoseTheirConnectionAreRepeatedOnce) {
    Database database{settings()};
    database.start();
    int attempts = 0;
    auto job = [&attempts](Session& session) {
        if (++attempts % 2 == 1) session.exec(hang_up);
        return ask_one(session);
    };

    EXPECT_EQ(run_on_loop(io, database.read(job)), 1);
    EXPECT_EQ(run_on_loop(io, database.transact(job)), 1);
    EXPECT_EQ(attempts, 4);
    EXPECT_EQ(database.state().retries, 2U);
}

TEST_F(DatabaseTest, ConnectionKilledWhileIdleIsReplacedUnseen) {
    Database database{settings(own.url(), 1)};
    database.start();
    auto insert = [](Session& session) { session.exec(insert_note, "after all"); };
    EXPECT_EQ(run_on_loop(io, database.read(ask_one)), 1);

    ASSERT_EQ(own.kill_sessions(), 1U);

    // A write may not be repeated; it works because the loss was seen before anything was sent.
    run_on_loop(io, database.statement(insert));
    EXPECT_EQ(own.value("SELECT text FROM notes"), "after all");
}

TEST_F(DatabaseTest, PreparedStatementOutlivedByItsTableIsPreparedAgain) {
    constexpr Statement all{"test_all", "SELECT * FROM notes"};
    Database database{settings(own.url(), 1)};
    database.start();
    auto columns = [&all](Session& session) { return session.exec(all).columns(); };
    EXPECT_EQ(run_on_loop(io, database.read(columns)), 2U);

    own.query("ALTER TABLE notes ADD COLUMN colour text");
    EXPECT_EQ(run_on_loop(io, database.read(columns)), 3U);

    auto forget = [](Session& session) { session.exec_text("DEALLOCATE ALL"); };
    run_on_loop(io, database.read(forget));
    EXPECT_EQ(run_on_loop(io, database.transact(columns)), 3U);
}

TEST_F(DatabaseTest, WaitingJobsAreBounded) {
    auto narrow = settings(own.url(), 1);
    narrow.waiting_limit = 1;
    Database database{narrow};
    database.start();
    run_on_loop(io, database.read(ask_one));
    std::barrier gate{2};
    auto hold = [&gate](Session& session) {
        gate.arrive_and_wait();  // it runs
        gate.arrive_and_wait();  // it may end
        return ask_one(session);
    };

    auto running = asio::co_spawn(io, database.read(hold), asio::use_future);
    io.restart();
    io.poll();
    gate.arrive_and_wait();
    auto waiting = asio::co_spawn(io, database.read(ask_one), asio::use_future);
    io.restart();
    io.poll();
    EXPECT_EQ(database.state().busy, 1U);
    EXPECT_EQ(database.state().waiting, 1U);
    EXPECT_EQ(failure_of(database.read(ask_one)), "database_overloaded");

    gate.arrive_and_wait();
    EXPECT_EQ(test::finish_on_loop(io, running), 1);
    EXPECT_EQ(test::finish_on_loop(io, waiting), 1);
}

TEST_F(DatabaseTest, StopFinishesWhatItTookOnAndRefusesTheRest) {
    Database database{settings(own.url(), 1)};
    database.start();
    std::vector<std::future<int>> taken;
    for (int i = 0; i < 20; ++i)
        taken.push_back(asio::co_spawn(io, database.read(ask_one), asio::use_future));
    io.poll();

    database.stop(10s);

    EXPECT_EQ(failure_of(database.read(ask_one)), "database_unavailable");
    for (auto& answer : taken) EXPECT_EQ(test::finish_on_loop(io, answer), 1);
    EXPECT_EQ(database.state().jobs, 20U);
}

TEST_F(DatabaseTest, StopInterruptsWhatTakesTooLong) {
    Database database{settings(own.url(), 1)};
    database.start();
    run_on_loop(io, database.read(ask_one));
    auto slow = [](Session& session) { session.exec_text("SELECT pg_sleep(30)"); };
    auto running = asio::co_spawn(io, database.read(slow), asio::use_future);
    io.restart();
    io.poll();
    ASSERT_TRUE(test::eventually([&] {
        return own.value(
                   "SELECT count(*) FROM pg_stat_activity WHERE query LIKE"
                   " '%pg_sleep(30)' AND datname = current_database()") == "1";
    }));

    const auto begin = std::chrono::steady_clock::now();
    database.stop(1ms);

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 4s);
    try {
        test::finish_on_loop(io, running);
        FAIL() << "it cannot have ended";
    } catch (...) {
        EXPECT_EQ(code_of(std::current_exception()), "database_unavailable");
    }
}

TEST_F(DatabaseTest, FullServerSharesTheConnectionsThereAre) {
    own.query("ALTER DATABASE " + own.name() + " CONNECTION LIMIT 1");
    own.query("CREATE ROLE " + own.name() + " LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO " +
              own.name());
    Database database{settings(own.url() + "user='" + own.name() + "'", 4)};
    database.start();
    auto many = [&]() -> asio::awaitable<int> {
        using namespace asio::experimental::awaitable_operators;
        auto some = database.read(ask_one) && database.read(ask_one) && database.read(ask_one);
        const auto [a, b, c] = co_await std::move(some);
        co_return a + b + c;
    };

    for (int round = 0; round < 20; ++round) EXPECT_EQ(run_on_loop(io, many()), 3);

    EXPECT_TRUE(database.state().up);
    EXPECT_EQ(database.state().connections, 1U);
    database.stop(1s);
    own.query("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM " + own.name() + "; DROP ROLE " + own.name());
}

}  // namespace
}  // namespace carillon::db
