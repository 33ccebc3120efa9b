#include <carillon/json.hpp>

#include <gtest/gtest.h>

#include <limits>

using namespace std::string_literals;

namespace carillon {
namespace {

std::string nested(std::size_t levels, char open, char close) {
    return std::string(levels, open) + std::string(levels, close);
}

TEST(ParseJson, ReadsEveryKindOfValue) {
    struct Row {
        std::string text;
        Json value;
    };
    const std::vector<Row> rows{
        {"null", nullptr},
        {" true\n", true},
        {"\"a\\u00e9\\ud83d\\udd14\\n\"", "aé🔔\n"},
        {"-0", 0},
        {"9223372036854775807", 9223372036854775807LL},
        {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()},
        {"18446744073709551615", 18446744073709551615ULL},
        {"1.5e3", 1500.0},
        {"12345678901234567890123.0", 12345678901234567890123.0},
        {"1e-999", 0.0},
        {"[]", Json::array()},
        {"{}", Json::object()},
        {"[[1],[2,[3]],{}]",
         Json::array({Json::array({1}), Json::array({2, Json::array({3})}), Json::object()})},
        {R"({"a":{"b":[true,null]},"c":"d"})",
         Json{{"a", Json{{"b", Json::array({true, nullptr})}}}, {"c", "d"}}},
        {"\xEF\xBB\xBF{}", Json::object()},  // some editors put the mark there; the RFC allows to overlook it
        {nested(json_depth_limit, '[', ']'), Json::parse(nested(json_depth_limit, '[', ']'))},
    };
    for (const auto& row : rows) {
        const auto json = parse_json(row.text);
        ASSERT_TRUE(json.has_value()) << row.text;
        EXPECT_EQ(*json, row.value) << row.text;
    }
}

struct Refused {
    const char* name;
    std::string text;
    std::string detail;
};
const std::vector<Refused> refused{
    {"empty", "", "no JSON at byte 0"},
    {"blank", "  \n", "JSON ends too early at byte 3"},
    {"open array", "[1", "JSON ends too early at byte 2"},
    {"open text", "\"abc", "JSON ends too early at byte 4"},
    {"open object", "{\"a\":", "JSON ends too early at byte 5"},
    {"half a literal", "tru", "JSON ends too early at byte 3"},
    {"two values", "{} {}", "not valid JSON at byte 3"},
    {"something behind", "{}x", "not valid JSON at byte 2"},
    {"a comma too many", "[1,]", "not valid JSON at byte 3"},
    {"a comma at the end of an object", "{\"a\":1,}", "not valid JSON at byte 7"},
    {"single quotes", "{'a':1}", "not valid JSON at byte 1"},
    {"a bare key", "{a:1}", "not valid JSON at byte 1"},
    {"no colon", "{\"a\" 1}", "not valid JSON at byte 5"},
    {"a comment", "[1] // one", "not valid JSON at byte 4"},
    {"NaN", "NaN", "not valid JSON at byte 0"},
    {"a leading zero", "[01]", "not valid JSON at byte 2"},
    {"a plus", "+1", "not valid JSON at byte 0"},
    {"a hex number", "0x10", "not valid JSON at byte 1"},
    {"a bad escape", "\"\\x41\"", "not valid JSON at byte 2"},
    {"half a surrogate pair", "\"\\ud83d\"", "not valid JSON at byte 7"},
    {"a line end in a text", "\"a\nb\"", "not valid JSON at byte 2"},
    {"mismatched brackets", "[}", "not valid JSON at byte 1"},
    {"Latin-1", "\"caf\xE9\"", "not valid JSON (the text is not UTF-8) at byte 5"},
    {"an overlong form", "\"\xC0\xAF\"", "not valid JSON (the text is not UTF-8) at byte 1"},
    {"a surrogate in UTF-8", "\"\xED\xA0\x80\"", "not valid JSON (the text is not UTF-8) at byte 2"},
    {"a bare NUL behind", "{}\0evil"s, "NUL at byte 2"},
    {"a bare NUL in a text", "\"a\0b\""s, "NUL at byte 2"},
    {"an escaped NUL", "[1, \"a\\u0000\"]", "NUL in a text at byte 4"},
    {"an escaped NUL in a key", "{\"a\\u0000\":1}", "NUL in a key at byte 1"},
    {"an escaped NUL behind escaped quotes", R"(["\"\\\"\u0000"])", "NUL in a text at byte 1"},
    {"a repeated key", R"({"id":1,"x":2,"id":3})", "repeated key at byte 14"},
    {"a key repeated by escapes", R"({"id":1,"\u0069d":3})", "repeated key at byte 8"},
    {"a repeated key deep inside", R"([{"a":{"b":1,"b":1}}])", "repeated key at byte 13"},
    {"a double too large", "[1, 1e999]", "number out of range at byte 4"},
    {"a double too large, alone", "-1e999", "number out of range at byte 0"},
    {"an integer beyond 64 bits", "[18446744073709551616]", "number out of range at byte 1"},
    {"an integer beyond 64 bits, alone", "18446744073709551616", "number out of range at byte 0"},
    {"a negative integer beyond 64 bits", "{\"id\":-9223372036854775809 }", "number out of range at byte 6"},
    {"all the same digits", "[11111111111111111111111,1]", "number out of range at byte 1"},
    {"65 arrays", nested(65, '[', ']'), "more than 64 levels at byte 64"},
    {"65 objects", "{\"a\":" + nested(64, '[', ']') + "}", "more than 64 levels at byte 68"},
    {"a million arrays", std::string(1'000'000, '['), "more than 64 levels at byte 64"},
};

TEST(ParseJson, RefusesAndSaysWhere) {
    for (const auto& [name, text, detail] : refused) {
        const auto json = parse_json(text);
        ASSERT_FALSE(json.has_value()) << name;
        EXPECT_EQ(json.error().failure, Failure::malformed) << name;
        EXPECT_EQ(json.error().code, "malformed_json") << name;
        EXPECT_EQ(json.error().detail, detail) << name;
    }
}

TEST(ParseJson, SurvivesBeingCutAnywhere) {
    const auto text = R"({"name":"Ivan \u00e9","list":[1,-2.5e3,true,null,{"x":"é"}],"n":12345678901})"s;
    ASSERT_TRUE(parse_json(text).has_value());
    for (std::size_t size = 0; size < text.size(); ++size)
        EXPECT_FALSE(parse_json(std::string_view{text}.substr(0, size)).has_value()) << size;
}

TEST(ToText, IsCompactAndKeepsUtf8) {
    EXPECT_EQ(to_text(Json{{"b", "é🔔"}, {"a", Json::array({1, 2.5, nullptr})}}),
              R"({"a":[1,2.5,null],"b":"é🔔"})");
}

TEST(ToText, ReplacesWhatIsNotUtf8InsteadOfThrowing) {
    EXPECT_EQ(to_text(Json("a\xff")), "\"a\uFFFD\"");
}

TEST(AppendQuoted, EscapesWhatJsonOrATerminalWouldTakeForACommand) {
    struct Row {
        std::string text;
        std::string quoted;
    };
    for (const auto& [text, quoted] :
         {Row{"", R"("")"}, Row{"plain", R"("plain")"}, Row{"a\"b\\c", R"("a\"b\\c")"},
          Row{"\n\r\t\b\f", R"("\n\r\t\b\f")"}, Row{"\0\x1b\x7f"s, R"("\u0000\u001b\u007f")"},
          Row{"\xC2\x9B", R"("\u009b")"}, Row{"é €🔔", "\"é €🔔\""},
          Row{"a\xff"
              "b",
              "\"a\uFFFD"
              "b\""},
          Row{"cut \xE2\x82", "\"cut \uFFFD\uFFFD\""}}) {
        std::string out;
        append_quoted(out, text);
        EXPECT_EQ(out, quoted);
        EXPECT_TRUE(Json::accept(out));
    }
}

TEST(AppendQuoted, Appends) {
    std::string out = "x:";
    append_quoted(out, "y");
    EXPECT_EQ(out, "x:\"y\"");
}

}  // namespace
}  // namespace carillon
