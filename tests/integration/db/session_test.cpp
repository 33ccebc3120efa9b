#include "db/session.hpp"

#include <gtest/gtest.h>

#include "support/database.hpp"

namespace carillon::db {
namespace {

using Texts = std::vector<std::optional<std::string>>;

class ArrayOf : public ::testing::Test {
protected:
    // What PostgreSQL reads out of the literal.
    Texts back(const std::string& literal) {
        pqxx::connection connection{own.url()};
        pqxx::nontransaction session{connection};
        Texts values;
        for (const auto& row : session.exec_params("SELECT v FROM unnest($1::text[]) WITH ORDINALITY u(v, n)"
                                                   " ORDER BY n",
                                                   literal)) {
            values.push_back(row[0].is_null() ? std::nullopt : std::optional<std::string>{row[0].c_str()});
        }
        return values;
    }

    test::TestDatabase own{test::TestDatabase::Start::empty};
};

TEST_F(ArrayOf, EveryAwkwardTextComesBackAsItWas) {
    const std::vector<std::string> awkward{
        "plain",    "",           "NULL",        "null",     "a,b",
        "{a}",      "say \"hi\"", "back\\slash", "\\",       " lead and trail ",
        "l1\nl2\t", "it's",       "प्र 🎉",        "\"\\\",{}"};
    EXPECT_EQ(back(array_of(awkward)), Texts(awkward.begin(), awkward.end()));
}

TEST_F(ArrayOf, MissingValueIsNullAndTheWordIsNot) {
    const Texts values{"NULL", std::nullopt, "", std::nullopt};
    EXPECT_EQ(back(array_of(values)), values);
}

TEST_F(ArrayOf, EmptyListIsAnEmptyArray) {
    EXPECT_EQ(array_of(std::vector<std::string>{}), "{}");
    EXPECT_TRUE(back(array_of(std::vector<std::string>{})).empty());
}

TEST_F(ArrayOf, NumbersKeepTheirExtremes) {
    const std::vector<std::int64_t> numbers{0, -1, INT64_MIN, INT64_MAX};
    EXPECT_EQ(array_of(numbers), "{0,-1,-9223372036854775808,9223372036854775807}");
}

}  // namespace
}  // namespace carillon::db
