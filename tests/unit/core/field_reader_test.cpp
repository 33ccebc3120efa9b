#include <carillon/json.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <limits>

using namespace std::string_literals;

namespace carillon {
namespace {

// What a reader says about one field "f" of that value.
std::string complaint_of(const Json& value, const std::function<void(FieldReader&)>& read) {
    const Json object{{"f", value}};
    FieldReader reader{object};
    read(reader);
    const auto error = reader.finish();
    if (!error) return "fine";
    EXPECT_EQ(error->failure, Failure::invalid);
    EXPECT_EQ(error->fields.size(), 1U);
    EXPECT_EQ(error->fields.at(0).field, "f");
    return error->fields.at(0).message;
}

TEST(FieldReader, GivesWhatIsThere) {
    const Json object{
        {"name", "Ivan"}, {"age", 30}, {"vip", true}, {"role", "admin"}, {"extra", Json::array({1})}};
    FieldReader reader{object};

    EXPECT_EQ(reader.required_text("name"), "Ivan");
    EXPECT_EQ(reader.integer("age", 0, 150), 30);
    EXPECT_EQ(reader.boolean("vip"), true);
    EXPECT_EQ(reader.choice("role", {"admin", "customer"}), "admin");
    ASSERT_NE(reader.value("extra"), nullptr);
    EXPECT_EQ(*reader.value("extra"), Json::array({1}));
    EXPECT_TRUE(reader.ok());
    EXPECT_FALSE(reader.finish().has_value());
}

TEST(FieldReader, TakesNullForAbsent) {
    const Json object{{"a", nullptr}, {"b", nullptr}, {"c", nullptr}, {"d", nullptr}, {"e", nullptr}};
    FieldReader reader{object};

    EXPECT_EQ(reader.text("a"), std::nullopt);
    EXPECT_EQ(reader.integer("b", 0, 1), std::nullopt);
    EXPECT_EQ(reader.boolean("c"), std::nullopt);
    EXPECT_EQ(reader.choice("d", {"x"}), std::nullopt);
    EXPECT_EQ(reader.value("e"), nullptr);
    EXPECT_EQ(reader.text("not there"), std::nullopt);
    EXPECT_FALSE(reader.finish().has_value());
}

TEST(FieldReader, SaysWhatATextMustBe) {
    struct Row {
        const char* name;
        Json value;
        FieldReader::Text bounds;
        std::string message;
    };
    const std::vector<Row> rows{
        {"a text", "x", {1, 200}, "fine"},
        {"line ends and tabs", "a\r\n\tb", {1, 200}, "fine"},
        {"letters, not bytes, are counted", "éé🔔", {1, 3}, "fine"},
        {"empty where it may be", "", {0, 5}, "fine"},
        {"empty", "", {1, 200}, "must be a text of 1 to 200 characters"},
        {"too long", "éééé", {1, 3}, "must be a text of 1 to 3 characters"},
        {"too long where it may be empty", "abc", {0, 2}, "must be a text of at most 2 characters"},
        {"not the one length", "abc", {4, 4}, "must be a text of 4 characters"},
        {"a number", 5, {1, 200}, "must be a text of 1 to 200 characters"},
        {"an array", Json::array(), {1, 200}, "must be a text of 1 to 200 characters"},
        {"an escape sequence", "a\x1b[2J", {1, 200}, "must not contain control characters"},
        {"DEL", "a\x7f", {1, 200}, "must not contain control characters"},
        {"a C1 control", "a\xC2\x9B", {1, 200}, "must not contain control characters"},
        {"a NUL", "a\0b"s, {1, 200}, "must not contain control characters"},
        {"not UTF-8", "a\xff", {1, 200}, "must be valid UTF-8"},
    };
    for (const auto& row : rows) {
        const auto read = [&row](FieldReader& reader) { reader.required_text("f", row.bounds); };
        EXPECT_EQ(complaint_of(row.value, read), row.message) << row.name;
    }
}

TEST(FieldReader, SaysWhatANumberMustBe) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    struct Row {
        const char* name;
        Json value;
        std::int64_t min;
        std::int64_t max;
        std::string message;
    };
    const std::vector<Row> rows{
        {"the least", 1, 1, 200, "fine"},
        {"the most", 200, 1, 200, "fine"},
        {"five as 5.0", 5.0, 1, 200, "fine"},
        {"the largest there is", most, least, most, "fine"},
        {"too small", 0, 1, 200, "must be a whole number from 1 to 200"},
        {"too large", 201, 1, 200, "must be a whole number from 1 to 200"},
        {"a fraction", 1.5, 1, 200, "must be a whole number from 1 to 200"},
        {"a text", "5", 1, 200, "must be a whole number from 1 to 200"},
        {"a truth", true, 1, 200, "must be a whole number from 1 to 200"},
        {"open above", -1, 0, most, "must be a whole number of at least 0"},
        {"beyond 63 bits", 18446744073709551615ULL, least, most, "must be a whole number"},
        {"a double too large to be exact", 1e300, least, most, "must be a whole number"},
    };
    for (const auto& row : rows) {
        const auto read = [&row](FieldReader& reader) { (void)reader.integer("f", row.min, row.max); };
        EXPECT_EQ(complaint_of(row.value, read), row.message) << row.name;
    }
}

TEST(FieldReader, SaysWhatATruthAndAChoiceMustBe) {
    const auto boolean = [](FieldReader& reader) { (void)reader.boolean("f"); };
    const auto choice = [](FieldReader& reader) { (void)reader.choice("f", {"low", "high"}); };

    EXPECT_EQ(complaint_of("true", boolean), "must be true or false");
    EXPECT_EQ(complaint_of(1, boolean), "must be true or false");
    EXPECT_EQ(complaint_of("LOW", choice), "must be one of low, high");
    EXPECT_EQ(complaint_of(1, choice), "must be one of low, high");
}

TEST(FieldReader, NamesTheFieldAnUnknownOneWasMeantToBe) {
    struct Row {
        std::string given;
        std::string message;
    };
    for (const auto& [given, message] : {Row{"phoen", "unknown field, did you mean \"phone\"?"},
                                         Row{"Phone", "unknown field, did you mean \"phone\"?"},
                                         Row{"locale_", "unknown field, did you mean \"locale\"?"},
                                         Row{"password", "unknown field"}, Row{"x", "unknown field"}}) {
        const Json object{{given, 1}};
        FieldReader reader{object};
        (void)reader.text("phone");
        (void)reader.text("locale");
        (void)reader.text("id");
        const auto error = reader.finish();
        ASSERT_TRUE(error.has_value()) << given;
        EXPECT_EQ(error->fields.at(0).field, given);
        EXPECT_EQ(error->fields.at(0).message, message);
    }
}

TEST(FieldReader, GathersAllThatIsWrong) {
    const Json object{{"age", "old"}, {"nmae", "Ivan"}};
    FieldReader reader{object};
    (void)reader.required_text("name");
    (void)reader.integer("age", 0, 150);
    reader.fail("plan", "is not for sale");
    EXPECT_FALSE(reader.ok());

    const auto error = reader.finish();

    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->detail, "4 fields are not as expected");
    ASSERT_EQ(error->fields.size(), 4U);
    EXPECT_EQ(error->fields[0].field, "name");
    EXPECT_EQ(error->fields[0].message, "is required");
    EXPECT_EQ(error->fields[1].field, "age");
    EXPECT_EQ(error->fields[2].message, "is not for sale");
    EXPECT_EQ(error->fields[3].message, "unknown field, did you mean \"name\"?");
}

TEST(FieldReader, SaysOneThingOnlyOfWhatIsNoObject) {
    for (const Json& value : {Json("text"), Json::array(), Json(nullptr), Json(5)}) {
        FieldReader reader{value};
        (void)reader.required_text("name");
        (void)reader.integer("age", 0, 150);
        reader.fail("plan", "is not for sale");
        EXPECT_FALSE(reader.ok());
        const auto error = reader.finish();
        ASSERT_TRUE(error.has_value());
        ASSERT_EQ(error->fields.size(), 1U);
        EXPECT_EQ(error->fields[0].field, "");
        EXPECT_EQ(error->fields[0].message, "must be an object");
    }
}

TEST(FieldReader, BoundsWhatItSaysOfUnknownFields) {
    Json object = Json::object();
    for (int i = 0; i < 1000; ++i) object["unknown" + std::to_string(i)] = i;
    object[std::string(63, 'a') + "éééé"] = 1;
    FieldReader reader{object};

    const auto error = reader.finish();

    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->fields.size(), 20U);
    EXPECT_EQ(error->fields[0].field, std::string(63, 'a') + "...");
}

}  // namespace
}  // namespace carillon
