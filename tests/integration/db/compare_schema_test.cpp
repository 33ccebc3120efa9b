#include <carillon/bytes.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "db/migrations.hpp"
#include "support/database.hpp"

namespace carillon::db {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view houses_sql = R"sql(
CREATE TYPE mood AS ENUM ('calm', 'it''s');
CREATE TABLE houses (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name   text COLLATE "C" NOT NULL,
    mood   mood NOT NULL DEFAULT 'calm',
    "Odd"  numeric(10, 2) DEFAULT 1.50,
    slug   text GENERATED ALWAYS AS (lower(name)) STORED,
    CONSTRAINT houses_name_length CHECK (char_length(name) <= 200)
);
CREATE UNIQUE INDEX houses_name ON houses (lower(name)) WHERE mood = 'calm';
CREATE TABLE rooms (id serial PRIMARY KEY, house bigint NOT NULL REFERENCES houses ON DELETE CASCADE);
CREATE TABLE visits (at timestamptz NOT NULL, house bigint) PARTITION BY RANGE (at);
CREATE INDEX visits_house ON visits (house);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touched BEFORE UPDATE ON houses FOR EACH ROW EXECUTE FUNCTION touch();
)sql";

class CompareSchemaTest : public ::testing::Test {
protected:
    CompareSchemaTest() {
        if (!migrate(own.url(), known, {})) throw std::runtime_error{"the migration must run"};
    }

    std::vector<std::string> differences() {
        std::vector<std::string> whats;
        for (const auto& difference : compare_schema(own.url(), known).value())
            whats.push_back(difference.what);
        return whats;
    }
    // Breaks it, sees exactly that, follows the advice, sees nothing any more.
    void expect_mended(const std::string& damage, const std::vector<std::string>& whats) {
        own.query(damage);
        EXPECT_EQ(differences(), whats);
        for (const auto& difference : compare_schema(own.url(), known).value()) {
            EXPECT_NO_THROW(own.query(difference.mend)) << difference.mend;
        }
        EXPECT_THAT(differences(), IsEmpty()) << damage;
    }

    const std::vector<Migration> known{{1, "houses", houses_sql, to_hex(sha256(houses_sql))}};
    test::TestDatabase own{test::TestDatabase::Start::empty};
};

TEST_F(CompareSchemaTest, UntouchedSchemaHasNoDifference) {
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(CompareSchemaTest, IndexesAreMended) {
    expect_mended("DROP INDEX houses_name", {"index houses_name on houses is missing"});
    expect_mended("DROP INDEX houses_name; CREATE INDEX houses_name ON houses (name)",
                  {"index houses_name on houses differs"});
    expect_mended("DROP INDEX visits_house", {"index visits_house on visits is missing"});
}

TEST_F(CompareSchemaTest, ColumnsAreMended) {
    expect_mended(R"(ALTER TABLE houses DROP COLUMN "Odd")", {"column houses.Odd is missing"});
    expect_mended(R"(ALTER TABLE houses ALTER "Odd" SET DEFAULT 2)",
                  {"column houses.Odd has DEFAULT 2, not DEFAULT 1.50"});
    expect_mended("ALTER TABLE houses ALTER mood DROP DEFAULT",
                  {"column houses.mood has no default, not DEFAULT 'calm'::mood"});
    expect_mended("ALTER TABLE visits ALTER house SET DEFAULT 7",
                  {"column visits.house has DEFAULT 7, not no default"});
    expect_mended("ALTER TABLE rooms ALTER house DROP NOT NULL", {"column rooms.house allows NULL"});
    expect_mended("ALTER TABLE visits ALTER house SET NOT NULL", {"column visits.house does not allow NULL"});
    expect_mended("ALTER TABLE visits ALTER house TYPE text", {"column visits.house is text, not bigint"});
    expect_mended("ALTER TABLE houses DROP COLUMN slug", {"column houses.slug is missing"});
}

TEST_F(CompareSchemaTest, ConstraintsTriggersAndFunctionsAreMended) {
    expect_mended("ALTER TABLE houses DROP CONSTRAINT houses_name_length",
                  {"constraint houses_name_length on houses is missing"});
    expect_mended(
        "ALTER TABLE rooms DROP CONSTRAINT rooms_house_fkey, ADD CONSTRAINT rooms_house_fkey"
        " FOREIGN KEY (house) REFERENCES houses",
        {"constraint rooms_house_fkey on rooms differs"});
    expect_mended("DROP TRIGGER touched ON houses", {"trigger touched on houses is missing"});
    expect_mended(
        "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        {"function touch() differs"});
}

TEST_F(CompareSchemaTest, WholeTableIsMendedWithAllThatHangsOnIt) {
    expect_mended("DROP TABLE rooms", {"sequence rooms_id_seq is missing", "table rooms is missing",
                                       "constraint rooms_pkey on rooms is missing",
                                       "constraint rooms_house_fkey on rooms is missing"});
}

TEST_F(CompareSchemaTest, WhatSomebodyAddedIsNamedButNeverDropped) {
    own.query(
        "CREATE TABLE extra (id int PRIMARY KEY); CREATE INDEX quick ON houses (mood);"
        "ALTER TABLE houses ADD COLUMN note text");

    EXPECT_THAT(differences(),
                ElementsAre("table extra is in no migration", "index quick on houses is in no migration",
                            "column houses.note is in no migration"));
    for (const auto& difference : compare_schema(own.url(), known).value()) {
        EXPECT_TRUE(difference.mend.starts_with("-- not ours: ")) << difference.mend;
    }
}

TEST_F(CompareSchemaTest, PartitionsOfTheCalendarAreNoDifference) {
    own.query(
        "CREATE TABLE visits_2027 PARTITION OF visits FOR VALUES FROM ('2027-01-01') TO ('2028-01-01')");
    EXPECT_THAT(differences(), IsEmpty());
}

TEST_F(CompareSchemaTest, LeavesNothingBehind) {
    ASSERT_TRUE(compare_schema(own.url(), known));
    EXPECT_EQ(own.value("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'carillon%'"), "0");
}

TEST_F(CompareSchemaTest, UserWithoutTheRightIsToldWhichOneIsMissing) {
    const auto& role = own.name();
    own.query("CREATE ROLE " + role + " LOGIN; GRANT SELECT ON schema_migrations TO " + role);

    const auto result = compare_schema(own.url() + "user='" + role + "'", known);
    own.query("DROP OWNED BY " + role + "; DROP ROLE " + role);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, Failure::forbidden);
    EXPECT_THAT(result.error().detail, ::testing::HasSubstr("GRANT CREATE ON DATABASE"));
}

}  // namespace
}  // namespace carillon::db
