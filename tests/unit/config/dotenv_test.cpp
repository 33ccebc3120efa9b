#include "config/dotenv.hpp"

#include <gmock/gmock.h>

#include "unit/config/outside.hpp"

namespace carillon::config {
namespace {

struct Line {
    const char* test;
    const char* text;
    const char* value;
};

class DotenvValue : public testing::TestWithParam<Line> {};

TEST_P(DotenvValue, IsRead) {
    const auto content = parse_dotenv(GetParam().text);
    EXPECT_TRUE(content.problems.empty());
    ASSERT_EQ(content.entries.size(), 1u);
    EXPECT_EQ(content.entries[0].name, "NAME");
    EXPECT_EQ(content.entries[0].value, GetParam().value);
}

constexpr Line lines[] = {
    {"plain", "NAME=value", "value"},
    {"empty", "NAME=", ""},
    {"spaces_inside", "NAME=two words  ", "two words"},
    {"spaces_around_equals", "  NAME = value\t", "value"},
    {"exported", "export NAME=value", "value"},
    {"exported_with_tabs", "\texport\tNAME=value", "value"},
    {"crlf", "NAME=value\r\n", "value"},
    {"crlf_quoted", "NAME=\"value\"\r\n", "value"},
    {"comment_after", "NAME=value # why", "value"},
    {"hash_inside", "NAME=va#lue", "va#lue"},
    {"comment_only", "NAME= # nothing", ""},
    {"comment_line_before", "# a comment\n\n   # another\nNAME=value", "value"},
    {"equals_inside", "NAME=a=b==", "a=b=="},
    {"url", "NAME=postgres://u:p@h:5432/db?sslmode=require", "postgres://u:p@h:5432/db?sslmode=require"},
    {"single_quotes", "NAME=' a \\n # \"b\" '", " a \\n # \"b\" "},
    {"double_quotes", "NAME=\" a # 'b' \"", " a # 'b' "},
    {"escapes", "NAME=\"a\\nb\\tc\\\"d\\\\e\\$f\\rg\"", "a\nb\tc\"d\\e$f\rg"},
    {"unknown_escape_stays", "NAME=\"\\d+\"", "\\d+"},
    {"no_expansion", "NAME=$HOME/`x`", "$HOME/`x`"},
    {"comment_after_quotes", "NAME=\"v\" # why", "v"},
    {"several_lines", "NAME='{\n \"a\": 1\n}'\n", "{\n \"a\": 1\n}"},
    {"quote_inside", "NAME=it's", "it's"},
    {"byte_order_mark", "\xEF\xBB\xBFNAME=value", "value"},
};

INSTANTIATE_TEST_SUITE_P(Table, DotenvValue, testing::ValuesIn(lines),
                         [](const auto& info) { return std::string{info.param.test}; });

struct BadLine {
    const char* test;
    const char* text;
    std::size_t line;
    const char* message;
};

class DotenvProblem : public testing::TestWithParam<BadLine> {};

TEST_P(DotenvProblem, IsToldWithItsLineAndTheRestIsRead) {
    const auto content = parse_dotenv(GetParam().text);
    ASSERT_EQ(content.problems.size(), 1u);
    EXPECT_EQ(content.problems[0].line, GetParam().line);
    EXPECT_EQ(content.problems[0].message, GetParam().message);
}

constexpr BadLine bad_lines[] = {
    {"no_equals", "A=1\nhunter2\nB=2", 2, "expected '=' after the name"},
    {"no_name", "A=1\n=2", 2, "expected NAME=value"},
    {"name_with_digit", "1A=2", 1, "expected NAME=value"},
    {"two_words", "A B=2", 1, "expected '=' after the name"},
    {"open_double_quote", "A=1\nB=\"two\nthree\n", 2, "the quote that opens here is never closed"},
    {"open_single_quote", "A='\n", 1, "the quote that opens here is never closed"},
    {"escaped_closing_quote", "A=\"b\\\"", 1, "the quote that opens here is never closed"},
    {"text_after_quote", "A=\"b\"c\nB=1", 1, "text after the closing quote"},
    {"line_after_a_quoted_one", "A='1\n2'\n\nwhat", 4, "expected '=' after the name"},
};

INSTANTIATE_TEST_SUITE_P(Table, DotenvProblem, testing::ValuesIn(bad_lines),
                         [](const auto& info) { return std::string{info.param.test}; });

TEST(Dotenv, LinesAfterABadOneAreRead) {
    const auto content = parse_dotenv("what\nA=1\n");
    ASSERT_EQ(content.entries.size(), 1u);
    EXPECT_EQ(content.entries[0].line, 2u);
}

TEST(Dotenv, ANulByteIsRefused) {
    const auto content = parse_dotenv(std::string_view{"A=b\0c\nB=1", 9});
    ASSERT_EQ(content.problems.size(), 1u);
    EXPECT_EQ(content.problems[0].line, 1u);
}

TEST(Dotenv, OfTwoLinesWithOneNameTheLaterCounts) {
    Outside outside;
    outside.with_dotenv("PUSHER_APP_ID=a\nPUSHER_APP_ID=b\n");
    EXPECT_EQ(outside.setting("pusher.app_id").value, "b");
    EXPECT_EQ(outside.setting("pusher.app_id").origin, ".env:2");
}

TEST(Dotenv, NeverOverridesTheRealEnvironment) {
    Outside outside;
    outside.with_dotenv("PUSHER_APP_ID=dotenv\n").with("PUSHER_APP_ID", "real");
    EXPECT_EQ(outside.config().pusher.app_id, "real");
}

}  // namespace
}  // namespace carillon::config
