#include "notify/template_filters.hpp"

#include "notify/template_case.hpp"
#include "notify/template_currency.hpp"
#include "notify/template_date.hpp"
#include "unit/notify/template_text.hpp"

namespace carillon::notify {
namespace {

struct Row {
    std::string_view source;
    std::string_view expected;
};

struct Amount {
    std::string_view amount;
    std::string_view code;
    std::string_view expected;
};

TEST(FormatCurrency, WritesEachCurrencyItsOwnWay) {
    for (const auto& [amount, code, expected] : {
             Amount{"2500", "INR", "₹2,500"},
             Amount{"2500.00", "INR", "₹2,500"},
             Amount{"2500.5", "INR", "₹2,500.50"},
             Amount{"0", "INR", "₹0"},
             Amount{"999", "INR", "₹999"},
             Amount{"1000", "INR", "₹1,000"},
             Amount{"99999", "INR", "₹99,999"},
             Amount{"100000", "INR", "₹1,00,000"},
             Amount{"12345678.9", "INR", "₹1,23,45,678.90"},
             Amount{"-2500", "INR", "-₹2,500"},
             Amount{"3000", "XAF", "3 000 XAF"},
             Amount{"1000000", "XAF", "1 000 000 XAF"},
             Amount{"999.5", "XAF", "1 000 XAF"},
             Amount{"0.4", "XAF", "0 XAF"},
             Amount{"-0.4", "XAF", "0 XAF"},
             Amount{"1234.5", "USD", "$1,234.50"},
             Amount{"-0.5", "USD", "-$0.50"},
             Amount{"1234.5", "EUR", "€1,234.50"},
             Amount{"1234567", "CHF", "1,234,567.00 CHF"},
             Amount{"0.005", "USD", "$0.01"},
             Amount{"0.0049", "USD", "$0.00"},
             Amount{"-0.005", "USD", "-$0.01"},
             Amount{"999.995", "USD", "$1,000.00"},
             Amount{"2.675", "USD", "$2.68"},  // a double would say 2.67
             Amount{"007.10", "USD", "$7.10"},
             Amount{"1e+20", "USD", "$100,000,000,000,000,000,000.00"},
             Amount{"1.5e-1", "USD", "$0.15"},
             Amount{"125e-3", "USD", "$0.13"},
             Amount{"1234567890123456789012345678901234567890.12", "INR",
                    "₹1,23,45,67,89,01,23,45,67,89,01,23,45,67,89,01,23,45,67,890.12"},
             Amount{"1234567890123456789012345678901234567890.125", "USD",
                    "$1,234,567,890,123,456,789,012,345,678,901,234,567,890.13"},
         }) {
        const auto number = parse_decimal(amount);
        ASSERT_TRUE(number) << amount;
        EXPECT_EQ(format_currency(*number, code), expected) << amount;
    }
}

TEST(ParseDecimal, RefusesWhatIsNone) {
    for (const auto* text : {"",      "-",  ".",    "1.",  ".5",  "+1",    "1,000",          "1 000",
                             " 1",    "1 ", "0x10", "1e",  "1e+", "1e401", "1e999999999999", "--1",
                             "1.2.3", "₹5", "NaN",  "inf", "٣"})
        EXPECT_FALSE(parse_decimal(text)) << text;
}

TEST(CompareDecimals, GoesByTheValue) {
    const std::vector<std::string_view> ascending{"-100.5",
                                                  "-100",
                                                  "-99.5",
                                                  "-0.01",
                                                  "0",
                                                  "0.009",
                                                  "0.01",
                                                  "0.1",
                                                  "9",
                                                  "9.5",
                                                  "10",
                                                  "1e3",
                                                  "1000000000000000000000000000000000000001"};
    for (std::size_t i = 0; i < ascending.size(); ++i) {
        for (std::size_t j = 0; j < ascending.size(); ++j)
            EXPECT_EQ(compare(*parse_decimal(ascending[i]), *parse_decimal(ascending[j])), i <=> j);
    }
    EXPECT_EQ(compare(*parse_decimal("-0.00"), *parse_decimal("00")), std::strong_ordering::equal);
}

TEST(Currency, TakesTheCodeOfTheContextOrItsOwn) {
    for (const auto& [context, expected] : {
             std::pair{Json{{"x", 2500}}, "₹2,500"},
             std::pair{Json{{"x", 2500.5}}, "₹2,500.50"},
             std::pair{Json{{"x", "2500.5"}, {"currency", nullptr}}, "₹2,500.50"},
             std::pair{Json{{"x", "2500.5"}, {"currency", "USD"}}, "$2,500.50"},
             std::pair{Json{{"x", 1e20}, {"currency", "XAF"}}, "100 000 000 000 000 000 000 XAF"},
             std::pair{Json{{"x", 0.1}, {"currency", "USD"}}, "$0.10"},
             std::pair{Json{{"x", 1}, {"currency", "usd"}},
                       "template_failed: line 1, column 8: currency: a currency must be a code of three "
                       "capital letters"},
             std::pair{Json{{"x", true}},
                       "template_failed: line 1, column 8: currency: needs a decimal number"},
         }) {
        EXPECT_EQ(rendered("{{ x | currency }}", context), expected);
    }
    EXPECT_EQ(rendered(R"({{ x | currency("EUR") }})", {{"x", 5}, {"currency", "USD"}}), "€5.00");
    EXPECT_EQ(rendered("{{ x | currency(code) }}", {{"x", 5}, {"code", "GBP"}}), "5.00 GBP");
    EXPECT_EQ(rendered("{{ x | currency(code) }}", {{"x", 5}}),
              "template_variable_missing: missing from the context: code");
    EXPECT_EQ(rendered("{% for i in items %}{{ i | currency }} {% endfor %}",
                       {{"items", {1, "2.5"}}, {"currency", "USD"}}),
              "$1.00 $2.50 ");
}

TEST(CurrencyRange, SaysACodeThatFollowsOnce) {
    constexpr auto source = "{{ low | currency_range(high) }}";
    const Json prices{{"low", "3000"}, {"high", 10000}};
    auto in_francs = prices;
    in_francs["currency"] = "XAF";
    EXPECT_EQ(rendered(source, in_francs), "3 000 - 10 000 XAF");
    EXPECT_EQ(rendered(source, prices), "₹3,000 - ₹10,000");
    EXPECT_EQ(rendered(source, {{"low", 1}, {"high", "much"}}),
              "template_failed: line 1, column 10: currency_range: needs two decimal numbers");
}

struct Day {
    std::string_view date;
    std::string_view format;
    std::string_view english;
    std::string_view french;
};

TEST(FormatDate, SpeaksTheReadersLanguage) {
    for (const auto& [date, format, english, french] : {
             Day{"2026-02-01", "%d %b", "01 Feb", "01 févr."},
             Day{"2026-02-01", "%B %-d", "February 1", "février 1"},
             Day{"2026-02-01", "[%e]", "[ 1]", "[ 1]"},
             Day{"2026-08-15", "%A %-d %B %Y", "Saturday 15 August 2026", "samedi 15 août 2026"},
             Day{"2026-12-07", "%a %d/%m/%y", "Mon 07/12/26", "lun. 07/12/26"},
             Day{"2024-02-29", "%-m.%-d", "2.29", "2.29"},
             Day{"2026-02-01T07:05:00Z", "%H:%M", "07:05", "07:05"},
             Day{"2026-02-01T07:05:00Z", "%-H %-I", "7 7", "7 7"},
             Day{"2026-02-01T00:15:00Z", "%I:%M %p", "12:15 AM", "12:15 AM"},
             Day{"2026-02-01T12:15:00.123456Z", "%I:%M %p", "12:15 PM", "12:15 PM"},
             Day{"2026-02-01T23:30:00+05:30", "%A %d %H:%M", "Sunday 01 23:30", "dimanche 01 23:30"},
             Day{"2026-02-01", "%H:%M", "00:00", "00:00"},
             Day{"2026-02-01", "100%% %d", "100% 01", "100% 01"},
             Day{"0099-01-01", "%Y %y", "0099 99", "0099 99"},
         }) {
        EXPECT_EQ(format_date(date, format, "en"), english);
        EXPECT_EQ(format_date(date, format, "fr"), french);
        EXPECT_EQ(format_date(date, format, "fr-CM"), french);
        EXPECT_EQ(format_date(date, format, "fy"), english);
    }
}

TEST(FormatDate, LeavesWhatIsNoDateAsItIs) {
    for (const auto* text : {"Jan 28", "tomorrow", "", "2026-02-30", "2026-2-1", "2026-02-01 10:00:00",
                             "demain ✅", "2026-02-01T10:00", "2026-02-01Z", "00000-00-0"})
        EXPECT_EQ(format_date(text, "%d", "en"), text);
}

TEST(FormatDate, KnowsItsFormats) {
    EXPECT_EQ(date_format_objection("%d %e %m %b %B %a %A %Y %y %H %M %I %p %% %-d %-m %-H %-I é"), "");
    EXPECT_THAT(date_format_objection("%Q"), ::testing::HasSubstr("begins at character 1 "));
    EXPECT_THAT(date_format_objection("%d %-Y"), ::testing::HasSubstr("begins at character 4 "));
    EXPECT_EQ(date_format_objection("%d%"), "a date's format ends inside of a %");
    EXPECT_EQ(date_format_objection("%-"), "a date's format ends inside of a %");
    EXPECT_THAT(rendered("{{ d | date(f) }}", {{"d", "2026-02-01"}, {"f", "%Q"}}),
                ::testing::StartsWith("template_failed: line 1, column 8: date: a date's format"));
}

TEST(Filters, WorkOnTextsAndLists) {
    const Json context =
        Json::parse(R"({"t": "Ça va, été ŒUVRE?", "n": 7, "l": ["a", 2, 2.5, true], "none": [],
                                         "o": {"a": 1, "b": 2}, "nothing": null, "empty": ""})");
    for (const auto& [source, expected] : {
             Row{"{{ t | upper }}", "ÇA VA, ÉTÉ ŒUVRE?"},
             Row{"{{ t | lower }}", "ça va, été œuvre?"},
             Row{"{{ \"jean-paul d'été (nord)\" | title }}", "Jean-Paul D'été (Nord)"},
             Row{"{{ \"ÉCOLE école\" | title }}", "École École"},
             Row{"{{ n | upper }}", "7"},
             Row{"{{ t | length }} {{ l | length }} {{ o | length }} {{ empty | length }}", "17 4 2 0"},
             Row{"{{ t | truncate(5) }} {{ t | truncate(17) }} {{ t | truncate(1) }}",
                 "Ça v… Ça va, été ŒUVRE? …"},
             Row{"[{{ empty | truncate(1) }}]", "[]"},
             Row{"{{ l | join(\", \") }}", "a, 2, 2.5, true"},
             Row{"[{{ none | join(\", \") }}]", "[]"},
             Row{"{{ l | join(t) | upper | length }}", "60"},
             Row{"{{ x | default(\"nobody\") }}", "nobody"},
             Row{"{{ nothing | default(\"null\") }}", "null"},
             Row{"[{{ empty | default(\"x\") }}]", "[]"},
             Row{"{{ x | upper | default(\"late\") }}", "late"},
             Row{"{{ x | default(\"early\") | upper }}", "EARLY"},
             Row{"{{ x | default(y) | default(n) }}", "7"},
             Row{"{{ x | default((n > 3) and \"big\") }}", "big"},
             Row{"{{ x.y.z | default(0) }}", "0"},
         }) {
        EXPECT_EQ(rendered(source, context), expected) << source;
    }
}

TEST(ChangeCase, GoesBothWaysAndLeavesOthersAlone) {
    for (const auto& [small, capital] : {
             Row{"abcxyz", "ABCXYZ"},
             Row{"àéîõüçñøþÿ", "ÀÉÎÕÜÇÑØÞŸ"},
             Row{"āčğįłńőœřşţūźž", "ĀČĞĮŁŃŐŒŘŞŢŪŹŽ"},
             Row{"ɓɔɗəɛŋ", "ƁƆƊƏƐŊ"},
             Row{"αβγσωάέήίόύώ", "ΑΒΓΣΩΆΈΉΊΌΎΏ"},
             Row{"абвяёџґ", "АБВЯЁЏҐ"},
             Row{"ạễ ṅơưǎșț", "ẠỄ ṄƠƯǍȘȚ"},
         }) {
        EXPECT_EQ(to_upper(small), capital);
        EXPECT_EQ(to_lower(capital), small);
    }
    constexpr std::string_view others = "÷×ß 123 नमस्ते 你好 🎉 ✅ ﬁ \xFF";
    EXPECT_EQ(to_upper(others), others);
    EXPECT_EQ(to_lower(others), others);
}

}  // namespace
}  // namespace carillon::notify
