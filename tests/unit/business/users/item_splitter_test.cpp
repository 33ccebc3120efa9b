#include "business/users/item_splitter.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace carillon::business::users {
namespace {

struct Cut {
    std::vector<std::string> items;
    std::vector<std::size_t> offsets;
    std::string error;  // empty: none
};

void drain(ItemSplitter& splitter, Cut& cut) {
    while (const auto item = splitter.next()) {
        cut.items.push_back(item->too_large ? "(too large)" : item->text);
        cut.offsets.push_back(item->offset);
    }
}

Cut cut(const std::vector<std::string>& pieces, ItemSplitter::Limits limits = {}) {
    ItemSplitter splitter{limits};
    Cut result;
    for (const auto& piece : pieces) {
        splitter.feed(piece);
        drain(splitter, result);
    }
    splitter.finish();
    drain(splitter, result);
    if (splitter.error()) result.error = splitter.error()->detail;
    return result;
}

using Items = std::vector<std::string>;

struct Good {
    const char* name;
    std::string text;
    Items items;
};
void PrintTo(const Good& row, std::ostream* out) {
    *out << row.name;
}

const std::vector<Good> good_texts{
    {"EmptyArray", "[]", {}},
    {"EmptyArrayWithBlanks", " \r\n\t[ \n] \n", {}},
    {"OneObject", R"([{"id":"a"}])", {R"({"id":"a"})"}},
    {"BlanksAroundObjects", "[ {} ,\n{\"a\" : 1} ]\n", {"{}", "{\"a\" : 1}"}},
    {"BracesInTexts", R"([{"a":"}]{["},{"b":","}])", {R"({"a":"}]{["})", R"({"b":","})"}},
    {"EscapedQuotes",
     R"([{"a":"\"}"},{"b":"\\"},{"c":"\\\"]"}])",
     {R"({"a":"\"}"})", R"({"b":"\\"})", R"({"c":"\\\"]"})"}},
    {"NestedArrays", R"([{"a":[[1,2],{"b":[]}]},[3]])", {R"({"a":[[1,2],{"b":[]}]})", "[3]"}},
    {"ScalarItems", R"([1, true ,"a,]b",null])", {"1", "true", R"("a,]b")", "null"}},
    {"NonAsciiTexts", "[{\"a\":\"\xC3\xA9\xF0\x9F\x98\x80\"}]", {"{\"a\":\"\xC3\xA9\xF0\x9F\x98\x80\"}"}},
    {"LinesWithoutLastEnd", "{\"a\":1}\n{\"b\":2}", {"{\"a\":1}", "{\"b\":2}"}},
    {"LinesWithLastEnd", "{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"}},
    {"BlankLines", "\n\n{\"a\":1}\n \r\n\n{\"b\":2}\n\n", {"{\"a\":1}", "{\"b\":2}"}},
    {"LinesWithCarriageReturns", "{\"a\":1}\r\n{\"b\":2}\r\n", {"{\"a\":1}\r", "{\"b\":2}\r"}},
    {"LineWithBracesInText", "{\"a\":\"}\\n{\"}\n", {"{\"a\":\"}\\n{\"}"}},
};

class GoodText : public testing::TestWithParam<Good> {};

TEST_P(GoodText, IsCutIntoItsItems) {
    const auto result = cut({GetParam().text});

    EXPECT_EQ(result.items, GetParam().items);
    EXPECT_EQ(result.error, "");
}

TEST_P(GoodText, IsCutTheSameWhereverThePiecesEnd) {
    const auto& text = GetParam().text;
    const auto whole = cut({text});
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const auto result = cut({text.substr(0, at), text.substr(at)});

        EXPECT_EQ(result.items, whole.items) << "split at " << at;
        EXPECT_EQ(result.offsets, whole.offsets) << "split at " << at;
        EXPECT_EQ(result.error, "") << "split at " << at;
    }
}

TEST_P(GoodText, IsCutTheSameByteByByte) {
    std::vector<std::string> bytes;
    for (const char c : GetParam().text) bytes.emplace_back(1, c);

    EXPECT_EQ(cut(bytes).items, GetParam().items);
}

template <class Row>
std::string name_of_row(const testing::TestParamInfo<Row>& info) {
    return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(ItemSplitter, GoodText, testing::ValuesIn(good_texts), name_of_row<Good>);

struct Bad {
    const char* name;
    std::string text;
    std::size_t items;  // found before it
    const char* error;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.name;
}

const std::vector<Bad> bad_texts{
    {"Empty", "", 0, "no JSON at byte 0"},
    {"OnlyBlanks", " \n\n", 0, "no JSON at byte 3"},
    {"NeitherArrayNorLines", " 12", 0, "expected a JSON array or JSON lines at byte 1"},
    {"ByteOrderMark", "\xEF\xBB\xBF[]", 0, "expected a JSON array or JSON lines at byte 0"},
    {"ArrayNotClosed", "[", 0, "JSON ends too early at byte 1"},
    {"EndsAfterItem", "[{}", 1, "JSON ends too early at byte 3"},
    {"EndsAfterComma", "[{},", 1, "JSON ends too early at byte 4"},
    {"EndsInItem", "[{},{\"a\":", 1, "JSON ends too early at byte 9"},
    {"EndsInText", "[{\"a", 0, "JSON ends too early at byte 4"},
    {"CommaFirst", "[,{}]", 0, "expected an item of the array at byte 1"},
    {"CommaLast", "[{},]", 1, "expected an item of the array at byte 4"},
    {"CommaTwice", "[{},,{}]", 1, "expected an item of the array at byte 4"},
    {"CommaMissing", "[{}{}]", 1, "expected ',' or ']' at byte 3"},
    {"TextAfterTheEnd", "[{}] {}", 1, "something follows the end of the array at byte 5"},
};

class BadText : public testing::TestWithParam<Bad> {};

TEST_P(BadText, IsRefusedWithItsPlace) {
    const auto& [name, text, items, error] = GetParam();
    for (std::size_t at = 0; at <= text.size(); ++at) {
        const auto result = cut({text.substr(0, at), text.substr(at)});

        EXPECT_EQ(result.error, error) << "split at " << at;
        EXPECT_EQ(result.items.size(), items) << "split at " << at;
    }
}

INSTANTIATE_TEST_SUITE_P(ItemSplitter, BadText, testing::ValuesIn(bad_texts), name_of_row<Bad>);

TEST(ItemSplitter, TellsWhereEachItemBegins) {
    EXPECT_EQ(cut({"[ {} ,\n12]"}).offsets, (std::vector<std::size_t>{2, 7}));
    EXPECT_EQ(cut({"\n{}\n  {}\n"}).offsets, (std::vector<std::size_t>{1, 6}));
}

TEST(ItemSplitter, TakesAnItemOfExactlyTheLimit) {
    EXPECT_EQ(cut({R"([{"a":12}])"}, {8, 64}).items, (Items{R"({"a":12})"}));
    EXPECT_EQ(cut({"{\"a\":12}\n"}, {8, 64}).items, (Items{R"({"a":12})"}));
}

TEST(ItemSplitter, ReportsAnItemBeyondTheLimitAndGoesOn) {
    EXPECT_EQ(cut({R"([{"a":123},{}])"}, {8, 64}).items, (Items{"(too large)", "{}"}));
    EXPECT_EQ(cut({"{\"a\":123}\n{}\n"}, {8, 64}).items, (Items{"(too large)", "{}"}));
}

TEST(ItemSplitter, HoldsNoMoreOfALargeItemThanTheLimit) {
    ItemSplitter splitter{{1024, 64}};
    const std::string piece(1 << 20, 'x');
    splitter.feed("[\"");
    ASSERT_FALSE(splitter.next());
    splitter.feed(piece);
    ASSERT_FALSE(splitter.next());
    splitter.feed("\"]");

    const auto item = splitter.next();

    ASSERT_TRUE(item);
    EXPECT_TRUE(item->too_large);
    EXPECT_LT(item->text.capacity(), 1024U);
}

TEST(ItemSplitter, RefusesAnArrayItemThatIsTooDeep) {
    EXPECT_EQ(cut({"[[[1]]]"}, {100, 2}).error, "");
    EXPECT_EQ(cut({"[[[[1]]]]"}, {100, 2}).error, "more than 2 levels at byte 3");
}

TEST(ItemSplitter, GivesNothingMoreAfterAnError) {
    ItemSplitter splitter{{}};
    splitter.feed("[{}x{}]");

    EXPECT_TRUE(splitter.next());
    EXPECT_FALSE(splitter.next());
    EXPECT_FALSE(splitter.next());
    EXPECT_TRUE(splitter.error());
}

}  // namespace
}  // namespace carillon::business::users
