#include "http/query.hpp"

#include <carillon/bytes.hpp>
#include <gtest/gtest.h>

namespace carillon::http {
namespace {

// "name: message" of each thing wrong, in order; empty when nothing is.
std::vector<std::string> complaints(QueryReader& reader) {
    std::vector<std::string> lines;
    if (const auto error = reader.finish())
        for (const auto& [field, message] : error->fields) lines.push_back(field + ": " + message);
    return lines;
}

using Lines = std::vector<std::string>;

TEST(QueryReader, ReadsWhatIsThere) {
    QueryReader reader{"role=customer&area=Douala+V%20%2B&limit=7&days=-3"};

    EXPECT_EQ(reader.choice("role", {"admin", "customer"}), "customer");
    EXPECT_EQ(reader.text("area"), "Douala V +");
    EXPECT_EQ(reader.limit(), 7);
    EXPECT_EQ(reader.integer("days", -5, 5), -3);
    EXPECT_EQ(complaints(reader), Lines{});
}

TEST(QueryReader, TakesAnAbsentParameterForNothing) {
    for (const auto* query : {"", "&", "&&&"}) {
        QueryReader reader{query};
        EXPECT_EQ(reader.text("area"), std::nullopt);
        EXPECT_EQ(reader.integer("days", 1, 5), std::nullopt);
        EXPECT_EQ(reader.choice("role", {"admin"}), std::nullopt);
        EXPECT_EQ(reader.limit(), 50);
        EXPECT_TRUE(reader.cursor("users").is_null());
        EXPECT_EQ(complaints(reader), Lines{}) << query;
    }
}

TEST(QueryReader, NamesEverythingThatIsWrongAtOnce) {
    QueryReader reader{"role=boss&limit=0&area=&arae=Douala&cursor=zz"};

    EXPECT_EQ(reader.choice("role", {"admin", "customer"}), std::nullopt);
    EXPECT_EQ(reader.text("area"), std::nullopt);
    EXPECT_EQ(reader.limit(), 50);
    EXPECT_TRUE(reader.cursor("users").is_null());
    EXPECT_EQ(complaints(reader),
              (Lines{"role: must be one of admin, customer", "area: must be a text of 1 to 200 bytes",
                     "limit: must be a whole number from 1 to 200", "cursor: is not a cursor of this list",
                     "arae: is not a parameter of this list"}));
}

TEST(QueryReader, SaysThatTheRequestIsInvalid) {
    QueryReader reader{"x=1"};

    const auto error = reader.finish();

    ASSERT_TRUE(error);
    EXPECT_EQ(error->failure, Failure::invalid);
}

TEST(QueryReader, RefusesNumbersThatAreNone) {
    for (const auto* text : {"", "0", "201", "-1", "1.5", "1e2", "+5", "%205", "5%20", "0x5", "5a", "a",
                             "99999999999999999999", "%D9%A5"}) {
        QueryReader reader{std::string{"limit="} + text};
        EXPECT_EQ(reader.limit(), 50) << text;
        EXPECT_EQ(complaints(reader), Lines{"limit: must be a whole number from 1 to 200"}) << text;
    }
    for (const auto* text : {"1", "200", "007"}) {
        QueryReader reader{std::string{"limit="} + text};
        (void)reader.limit();
        EXPECT_EQ(complaints(reader), Lines{}) << text;
    }
}

TEST(QueryReader, BoundsTextsInBytes) {
    QueryReader fits{"a=" + std::string(200, 'x')};
    EXPECT_EQ(fits.text("a"), std::string(200, 'x'));
    EXPECT_EQ(complaints(fits), Lines{});

    QueryReader too_long{"a=" + std::string(201, 'x')};
    EXPECT_EQ(too_long.text("a"), std::nullopt);
    EXPECT_EQ(complaints(too_long).size(), 1U);

    QueryReader short_one{"a=1234"};
    EXPECT_EQ(short_one.text("a", 3), std::nullopt);
    EXPECT_EQ(complaints(short_one), Lines{"a: must be a text of 1 to 3 bytes"});
}

TEST(QueryReader, RefusesAParameterGivenTwice) {
    QueryReader reader{"area=a&area=b"};

    (void)reader.text("area");

    EXPECT_EQ(complaints(reader), Lines{"area: is given more than once"});
}

TEST(QueryReader, RefusesWhatIsNotValidText) {
    for (const auto* query : {"area=%", "area=%zz", "area=%FF", "area=%00", "area=%C3"}) {
        QueryReader reader{query};
        (void)reader.text("area");
        EXPECT_EQ(complaints(reader), Lines{"area: is not valid percent-encoded UTF-8"}) << query;
    }
    QueryReader name{"%FF=1"};
    EXPECT_EQ(complaints(name), Lines{"query: is not valid percent-encoded UTF-8"});
}

TEST(QueryReader, DecodesNamesToo) {
    QueryReader reader{"%61rea=x&empty"};

    EXPECT_EQ(reader.text("area"), "x");
    EXPECT_EQ(complaints(reader), Lines{"empty: is not a parameter of this list"});
}

TEST(QueryReader, SplitsAtTheFirstEqualsSign) {
    QueryReader reader{"area=a=b="};

    EXPECT_EQ(reader.text("area"), "a=b=");
}

TEST(Cursor, ComesBackAsItWasGivenOut) {
    for (const auto* position :
         {R"(7)", R"("2026-11-21T07:30:00Z")", R"(["a",null,{"b":"\u00e9"}])", "null"}) {
        const auto value = Json::parse(position);
        EXPECT_EQ(read_cursor("users", make_cursor("users", value)), value) << position;
    }
    QueryReader reader{"cursor=" + make_cursor("users", Json::parse(R"(["x",1])"))};
    EXPECT_EQ(reader.cursor("users"), Json::parse(R"(["x",1])"));
    EXPECT_EQ(complaints(reader), Lines{});
}

TEST(Cursor, NeedsNoEncodingInAQuery) {
    const auto cursor = make_cursor("users", std::string(100, '\x7f') + "\u00ff\u20ac?>");

    EXPECT_EQ(percent_decode(cursor, PlusIs::space), cursor);
    EXPECT_EQ(cursor.find_first_of("&=+/#"), std::string::npos);
}

TEST(Cursor, OfAnotherListIsRefused) {
    EXPECT_EQ(read_cursor("devices", make_cursor("users", 1)), std::nullopt);
    EXPECT_EQ(read_cursor("", make_cursor("users", 1)), std::nullopt);
}

TEST(Cursor, CutAnywhereIsRefused) {
    const auto cursor = make_cursor("users", Json::parse(R"(["2026-11-21T07:30:00Z","u1"])"));

    for (std::size_t length = 0; length < cursor.size(); ++length)
        EXPECT_EQ(read_cursor("users", cursor.substr(0, length)), std::nullopt) << length;
}

TEST(Cursor, ThatIsGarbageIsRefused) {
    const std::vector<std::string> texts{"",
                                         "!!",
                                         "AAAA",
                                         "=",
                                         to_base64url("users"),
                                         to_base64url("[]"),
                                         to_base64url(R"(["users"])"),
                                         to_base64url(R"(["users",1,2])"),
                                         to_base64url(R"({"0":"users","1":1})"),
                                         to_base64url(R"([1,"users"])"),
                                         to_base64url("[\"users\",\"\xff\"]"),
                                         to_base64url(R"(["users",1])") + "=",
                                         to_base64url(R"(["users",1])") + " "};
    for (const auto& text : texts) EXPECT_EQ(read_cursor("users", text), std::nullopt) << text;
}

TEST(Cursor, ThatIsHugeIsNotEvenLookedAt) {
    EXPECT_EQ(read_cursor("users", make_cursor("users", std::string(1'600, 'x'))), std::nullopt);
    EXPECT_NE(read_cursor("users", make_cursor("users", std::string(1'400, 'x'))), std::nullopt);
    EXPECT_EQ(read_cursor("users",
                          to_base64url("[\"users\"," + std::string(500, '[') + std::string(500, ']') + "]")),
              std::nullopt);
}

}  // namespace
}  // namespace carillon::http
