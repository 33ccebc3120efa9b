#include "db/migrations.hpp"

#include <carillon/bytes.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "db/migration_list.hpp"
#include "support/database.hpp"

namespace carillon::db {
namespace {

using ::testing::HasSubstr;
using Kind = MigrationState::Kind;

Migration make(int version, std::string name, std::string_view sql) {
    return {version, std::move(name), sql, to_hex(sha256(sql))};
}

class MigrationsTest : public ::testing::Test {
protected:
    std::vector<int> versions(const Result<std::vector<MigrationStep>>& steps) {
        std::vector<int> numbers;
        for (const auto& step : steps.value()) numbers.push_back(step.version);
        return numbers;
    }
    bool has_table(const std::string& name) {
        return own.value("SELECT to_regclass('" + name + "') IS NOT NULL") == "t";
    }

    const std::vector<Migration> two{
        make(1, "people", "CREATE TABLE people (id int PRIMARY KEY);\n"),
        make(2, "pets",
             "CREATE TABLE pets (name text);\nINSERT INTO pets VALUES ('it''s; fine'); -- the end"),
    };
    test::TestDatabase own{test::TestDatabase::Start::empty};
};

TEST_F(MigrationsTest, RunOnceInOrderAndWriteDownWhatTheyDid) {
    std::vector<std::string> told;
    MigrateOptions options;
    options.on_step = [&told](const MigrationStep& step) { told.push_back(step.name); };

    EXPECT_EQ(versions(migrate(own.url(), two, options)), (std::vector{1, 2}));
    EXPECT_EQ(told, (std::vector<std::string>{"people", "pets"}));
    EXPECT_TRUE(has_table("people") && has_table("pets"));
    EXPECT_EQ(
        own.value("SELECT count(*) FROM schema_migrations WHERE took_ms >= 0 AND applied_by = current_user"
                  " AND length(checksum) = 64"),
        "2");

    EXPECT_EQ(versions(migrate(own.url(), two, options)), std::vector<int>{});
}

TEST_F(MigrationsTest, UpToStopsThere) {
    MigrateOptions options;
    options.up_to = 1;
    EXPECT_EQ(versions(migrate(own.url(), two, options)), std::vector{1});
    EXPECT_FALSE(has_table("pets"));

    options.up_to = 9;
    EXPECT_EQ(migrate(own.url(), two, options).error().failure, Failure::invalid);

    ASSERT_TRUE(migrate(own.url(), two, {}));
    options.up_to = 1;
    EXPECT_THAT(migrate(own.url(), two, options).error().detail, HasSubstr("at migration 2 already"));
}

TEST_F(MigrationsTest, EditedOneIsRefused) {
    ASSERT_TRUE(migrate(own.url(), two, {}));
    auto edited = two;
    edited[0] = make(1, "people", "CREATE TABLE people (id bigint PRIMARY KEY);\n");

    const auto steps = migrate(own.url(), edited, {});

    EXPECT_EQ(steps.error().code, "migration_edited");
    EXPECT_THAT(steps.error().detail, HasSubstr("0001_people.sql"));
    EXPECT_EQ(verify_migrations(own.url(), edited)[0].kind, Kind::edited);
}

TEST_F(MigrationsTest, NewerDatabaseIsRefused) {
    ASSERT_TRUE(migrate(own.url(), two, {}));
    const std::vector<Migration> older{two[0]};

    EXPECT_EQ(migrate(own.url(), older, {}).error().code, "schema_newer");
    const auto states = verify_migrations(own.url(), older);
    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[1].kind, Kind::unknown_here);
    EXPECT_EQ(states[1].name, "pets");
}

TEST_F(MigrationsTest, FailingOneLeavesNothingOfItselfAndSaysWhere) {
    auto bad = two;
    bad.push_back(
        make(3, "houses", "CREATE TABLE houses (id int);\n\nCREATE TABLE gardens (\n    id integr\n);\n"));

    const auto steps = migrate(own.url(), bad, {});

    EXPECT_EQ(steps.error().failure, Failure::invalid);
    EXPECT_EQ(steps.error().detail, "migration 0003_houses.sql, line 4: type \"integr\" does not exist");
    EXPECT_FALSE(has_table("houses"));
    EXPECT_EQ(own.value("SELECT max(version) FROM schema_migrations"), "2");
}

TEST_F(MigrationsTest, LineIsFoundWherePostgresqlGivesNone) {
    const std::vector<Migration> bad{make(1, "twins", R"sql(-- Two of a kind; not allowed.
CREATE TABLE twins (name text UNIQUE);
CREATE FUNCTION noisy() RETURNS text LANGUAGE sql AS $body$ SELECT 'a;b' $body$;

/* nothing; */ INSERT INTO twins VALUES (noisy());
INSERT INTO twins
       VALUES (noisy());
)sql")};

    const auto steps = migrate(own.url(), bad, {});

    EXPECT_EQ(steps.error().detail,
              "migration 0001_twins.sql, line 6: duplicate key value violates unique constraint "
              "\"twins_name_key\"; DETAIL:  Key (name)=(a;b) already exists.");
}

TEST_F(MigrationsTest, TwoAtOnceRunEachOnce) {
    const std::vector<Migration> slow{make(1, "slow", "SELECT pg_sleep(0.2); CREATE TABLE slow (id int);")};
    std::latch both{2};
    std::vector<std::size_t> counts(2);
    const auto run = [&](std::size_t who) {
        both.arrive_and_wait();
        counts[who] = migrate(own.url(), slow, {}).value().size();
    };

    std::thread other{run, 1U};
    run(0U);
    other.join();

    EXPECT_EQ(counts[0] + counts[1], 1U);
}

TEST_F(MigrationsTest, WaitingForAnotherServerHasAnEnd) {
    pqxx::connection holder{own.url()};
    pqxx::nontransaction session{holder};
    session.exec("SELECT pg_advisory_lock(7161130679611977582)");
    MigrateOptions options;
    options.lock_wait = std::chrono::milliseconds{20};

    EXPECT_EQ(migrate(own.url(), two, options).error().code, "migration_locked");
    EXPECT_FALSE(has_table("people"));
}

TEST_F(MigrationsTest, PendingSqlDoesTheSameInPsql) {
    const auto sql = pending_sql(own.url(), two, std::nullopt).value();
    const auto file = std::filesystem::temp_directory_path() / (own.name() + ".sql");
    std::ofstream{file} << sql;

    const auto command = "psql -X -q \"" + own.url() + "\" -f " + file.string() + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(command.c_str()), 0) << sql;
    std::filesystem::remove(file);

    EXPECT_EQ(pending_sql(own.url(), two, std::nullopt).value(), "");
    EXPECT_EQ(versions(migrate(own.url(), two, {})), std::vector<int>{});
    EXPECT_EQ(own.value("SELECT name FROM pets"), "it's; fine");
    EXPECT_EQ(own.value("SELECT count(*) FROM schema_migrations WHERE took_ms >= 0"), "2");
}

TEST_F(MigrationsTest, VerifyTellsAppliedFromPending) {
    EXPECT_EQ(verify_migrations(own.url(), two)[0].kind, Kind::pending);
    MigrateOptions options;
    options.up_to = 1;
    ASSERT_TRUE(migrate(own.url(), two, options));

    const auto states = verify_migrations(own.url(), two);

    ASSERT_EQ(states.size(), 2U);
    EXPECT_EQ(states[0].kind, Kind::applied);
    EXPECT_LT(system_now() - states[0].applied_at.value(), std::chrono::minutes{1});
    EXPECT_EQ(states[1].kind, Kind::pending);
}

TEST_F(MigrationsTest, AbsentDatabaseIsUnavailable) {
    EXPECT_THROW(static_cast<void>(migrate("host=/nowhere dbname=none", two, {})), Unavailable);
    EXPECT_THROW(static_cast<void>(verify_migrations("host=/nowhere dbname=none", two)), Unavailable);
}

TEST_F(MigrationsTest, ThoseInTheProgramRunOnAnEmptyDatabase) {
    const auto known = known_migrations();
    EXPECT_EQ(versions(migrate(own.url(), known, {})).size(), known.size());
    EXPECT_TRUE(compare_schema(own.url(), known).value().empty());
}

TEST(MigrationNumbers, GapsAndDoublesAndOddNamesAreDefects) {
    using Files = std::vector<embedded::File>;
    const Files good{{"migrations/0002_b.sql", "2"}, {"migrations/0001_a.sql", "1"}};
    const auto numbered = number_migrations(good);
    EXPECT_EQ(numbered[0].name, "a");
    EXPECT_EQ(numbered[1].checksum, to_hex(sha256("2")));
    EXPECT_EQ(file_name(numbered[1]), "0002_b.sql");

    for (const Files& bad :
         {Files{{"m/0001_a.sql", ""}, {"m/0003_c.sql", ""}}, Files{{"m/0002_b.sql", ""}},
          Files{{"m/0001_a.sql", ""}, {"m/0001_b.sql", ""}}, Files{{"m/001_a.sql", ""}},
          Files{{"m/0001a.sql", ""}}, Files{{"m/0001_.sql", ""}}, Files{{"m/000x_a.sql", ""}}}) {
        EXPECT_THROW(number_migrations(bad), std::logic_error) << bad[0].name;
    }
}

}  // namespace
}  // namespace carillon::db
