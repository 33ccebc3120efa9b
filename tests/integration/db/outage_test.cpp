#include <carillon/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <filesystem>
#include <gtest/gtest.h>

#include "db/database.hpp"
#include "support/database.hpp"
#include "support/loop.hpp"

namespace carillon::db {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::run_on_loop;

constexpr Statement select_one{"outage_one", "SELECT 1"};
int ask_one(Session& session) {
    return session.exec(select_one)[0][0].as<int>();
}

class OutageTest : public ::testing::Test {
protected:
    Settings settings(const std::string& url) const {
        Settings made;
        made.url = Secret{url};
        made.connections = 3;
        made.backoff_first = 20ms;
        made.backoff_last = 100ms;
        return made;
    }
    // Nothing when it worked.
    std::string code(Database& database) {
        try {
            run_on_loop(io, database.read(ask_one));
            return "";
        } catch (const Unavailable& error) {
            EXPECT_GE(error.retry_after_seconds(), 1);
            return error.code();
        }
    }

    test::TestDatabase own{test::TestDatabase::Start::empty};
    test::Door door{own};
    asio::io_context io;
};

TEST_F(OutageTest, ServerGoneFailsAtOnceAndComesBackByItself) {
    Database database{settings(door.url())};
    database.start();
    ASSERT_EQ(code(database), "");
    ASSERT_TRUE(database.state().up);

    door.close();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(code(database), "database_unavailable");
    EXPECT_EQ(code(database), "database_unavailable");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
    EXPECT_FALSE(database.state().up);
    EXPECT_FALSE(database.state().reason.empty());

    door.open();
    EXPECT_TRUE(eventually([&] { return database.state().up; }));
    EXPECT_EQ(database.state().reason, "");
    EXPECT_EQ(code(database), "");
}

TEST_F(OutageTest, LossIsNoticedWithoutTraffic) {
    Database database{settings(door.url())};
    database.start();
    ASSERT_EQ(code(database), "");

    door.close();

    EXPECT_TRUE(eventually([&] { return !database.state().up; }));
    door.open();
    EXPECT_TRUE(eventually([&] { return database.state().up; }));
}

TEST_F(OutageTest, StartsWithoutADatabaseAndFindsItLater) {
    door.close();
    Database database{settings(door.url())};
    database.start();
    EXPECT_EQ(code(database), "database_unavailable");

    door.open();

    EXPECT_TRUE(eventually([&] { return database.state().up; }));
    EXPECT_EQ(code(database), "");
}

TEST_F(OutageTest, JobsBeforeTheFirstConnectionWaitForIt) {
    Database database{settings(door.url())};
    auto early = asio::co_spawn(io, database.read(ask_one), asio::use_future);
    io.poll();
    EXPECT_EQ(database.state().waiting, 1U);

    database.start();

    EXPECT_EQ(code(database), "");
    EXPECT_EQ(test::finish_on_loop(io, early), 1);
}

// A server that takes the connection and never says a word.
TEST_F(OutageTest, SilentServerIsGivenUpAfterTheConnectTimeout) {
    asio::io_context silent_io;
    const auto folder = std::filesystem::temp_directory_path() / ("silent_" + own.name());
    std::filesystem::create_directory(folder);
    const auto path = (folder / ".s.PGSQL.5432").string();
    asio::local::stream_protocol::acceptor silent{silent_io, path};
    auto impatient = settings("host='" + folder.string() + "' port=5432 user=nobody dbname=none");
    impatient.connect_timeout = 200ms;
    Database database{impatient};
    database.start();

    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(code(database), "database_unavailable");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
    std::filesystem::remove_all(folder);
}

TEST_F(OutageTest, ReasonAndRefusalShowNoPassword) {
    door.close();
    Database database{settings(door.url() + " password='hunter2 hunter2'")};
    database.start();
    ASSERT_TRUE(eventually([&] { return !database.state().reason.empty(); }));
    EXPECT_EQ(database.state().reason.find("hunter2"), std::string::npos);

    try {
        const Database wrong{settings("postgres://user:hunter2@host/db?nonsense=hunter2")};
        FAIL() << "it is no connection string";
    } catch (const std::invalid_argument& error) {
        EXPECT_EQ(std::string{error.what()}.find("hunter2"), std::string::npos);
    }
}

}  // namespace
}  // namespace carillon::db
