#include "db/sql_text.hpp"

#include <gtest/gtest.h>
#include <string>

namespace carillon::db {
namespace {

std::vector<std::string> texts(std::string_view sql) {
    std::vector<std::string> all;
    for (const auto& statement : split_statements(sql)) all.emplace_back(statement.text);
    return all;
}
using Texts = std::vector<std::string>;

TEST(SqlText, SemicolonsInsideQuotesAndCommentsDoNotCount) {
    EXPECT_EQ(texts("SELECT 'a;''b'; SELECT \"x;y\"; SELECT 1 -- no;\n + 1;"),
              (Texts{"SELECT 'a;''b'", "SELECT \"x;y\"", "SELECT 1 -- no;\n + 1"}));
    EXPECT_EQ(texts("SELECT $$ ; $$; SELECT $a$ ; $$ ; $a$"),
              (Texts{"SELECT $$ ; $$", "SELECT $a$ ; $$ ; $a$"}));
    EXPECT_EQ(texts("SELECT /* ; /* ; */ ; */ 1;"), (Texts{"SELECT /* ; /* ; */ ; */ 1"}));
    EXPECT_EQ(texts(R"(SELECT E'\';', e'\\'; SELECT 'a\'; SELECT 2)"),
              (Texts{R"(SELECT E'\';', e'\\')", R"(SELECT 'a\')", "SELECT 2"}));
}

TEST(SqlText, LineIsThatOfTheFirstWord) {
    const auto statements = split_statements("-- head\n\nSELECT 1;\n/* two\n lines */ SELECT\n 2;;\n");
    ASSERT_EQ(statements.size(), 2U);
    EXPECT_EQ(statements[0].line, 3);
    EXPECT_EQ(statements[1].line, 5);
}

TEST(SqlText, UnfinishedTextEndsWhereItEnds) {
    for (const auto* open :
         {"SELECT 'a", "SELECT \"a", "SELECT $$a", "SELECT /* a", "SELECT E'\\", "SELECT $1"}) {
        EXPECT_EQ(texts(open), Texts{open});
    }
    EXPECT_TRUE(texts(" \n-- nothing\n;").empty());
}

}  // namespace
}  // namespace carillon::db
