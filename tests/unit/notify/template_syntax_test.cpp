#include "unit/notify/template_text.hpp"

namespace carillon::notify {
namespace {

struct Row {
    std::string_view source;
    std::string_view expected;
};

TEST(ParseTemplate, SaysWhatIsWrongAndWhere) {
    for (const auto& [source, expected] : {
             Row{"{{", "line 1, column 1: this {{ is never closed"},
             Row{"Hi {{ name", "line 1, column 4: this {{ is never closed"},
             Row{"a\n\n  {% if x", "line 3, column 3: this {% is never closed"},
             Row{"x {# y", "line 1, column 3: this {# is never closed"},
             Row{"{#}", "line 1, column 1: this {# is never closed"},
             Row{"{{ name %}", "line 1, column 9: {{ cannot be closed by %}"},
             Row{"{% if a }}", "line 1, column 9: {% cannot be closed by }}"},
             Row{"{{ }}", "line 1, column 4: a value expected, found }}"},
             Row{"{{ a b }}", "line 1, column 6: }} expected, found b"},
             Row{"{{ a \"b\" }}", "line 1, column 6: }} expected, found a text"},
             Row{"{{ a. }}", "line 1, column 6: a name or a number must follow the dot"},
             Row{"{{ a.-1 }}", "line 1, column 6: a name or a number must follow the dot"},
             Row{"{{ a..b }}", "line 1, column 6: a name or a number must follow the dot"},
             Row{"{{ a[0] }}", "line 1, column 5: unexpected ["},
             Row{"{{ a() }}", "line 1, column 5: }} expected, found ("},
             Row{"{{ a = 1 }}", "line 1, column 6: unexpected ="},
             Row{"{{ a + 1 }}", "line 1, column 6: unexpected +"},
             Row{"{{ 3a }}", "line 1, column 5: }} expected, found a"},
             Row{"{{ 1. }}", "line 1, column 5: unexpected ."},
             Row{"{{ 1234567890123456 }}", "line 1, column 4: this number has too many digits"},
             Row{"{{ \"abc }}", "line 1, column 4: this text is never closed"},
             Row{"{{ \"a\\", "line 1, column 6: after a backslash one of n t \\ \" ' must follow"},
             Row{"{{ 'a\\d' }}", "line 1, column 6: after a backslash one of n t \\ \" ' must follow"},
             Row{"{{ a == }}", "line 1, column 9: a value expected, found }}"},
             Row{"{{ a < b < c }}", "line 1, column 10: }} expected, found <"},
             Row{"{{ (a }}", "line 1, column 7: ) expected, found }}"},
             Row{"{{ a) }}", "line 1, column 5: }} expected, found )"},
             Row{"{{ not }}", "line 1, column 8: a value expected, found }}"},
             Row{"{{ a and }}", "line 1, column 10: a value expected, found }}"},
             Row{"{{ or a }}", "line 1, column 4: a value expected, found or"},
             Row{"{{ if }}", "line 1, column 4: a value expected, found if"},
             Row{"{{ a if b else c }}", "line 1, column 6: }} expected, found if"},
             Row{"{% if a is defined %}{% endif %}", "line 1, column 9: %} expected, found is"},
             Row{"{{ a | }}", "line 1, column 8: a filter's name expected, found }}"},
             Row{"{{ a | uper }}", "line 1, column 8: there is no filter uper (did you mean upper?)"},
             Row{"{{ a | reverse_it }}", "line 1, column 8: there is no filter reverse_it"},
             Row{"{{ a | default }}", "line 1, column 8: default takes one argument"},
             Row{"{{ a | default() }}", "line 1, column 8: default takes one argument"},
             Row{"{{ a | upper(1) }}", "line 1, column 8: upper takes no argument"},
             Row{"{{ a | currency(\"INR\", 2) }}", "line 1, column 8: currency takes at most one argument"},
             Row{"{{ a | default(\"x\" }}", "line 1, column 20: ) expected, found }}"},
             Row{"{{ a | default(,) }}", "line 1, column 16: a value expected, found ,"},
             Row{"{{ a | currency(\"rupees\") }}",
                 "line 1, column 17: a currency must be a code of three capital letters"},
             Row{"{{ a | join(3) }}", "line 1, column 13: what is to stand between the items must be a text"},
             Row{"{{ a | truncate(0) }}",
                 "line 1, column 17: a text is cut to a whole number of characters, at least 1"},
             Row{"{{ a | date(7) }}", "line 1, column 13: a date's format must be a text"},
             Row{"{{ a | date(\"%d %\") }}", "line 1, column 13: a date's format ends inside of a %"},
             Row{"{% %}", "line 1, column 4: a tag (if, elif, else, endif, for, endfor) expected, found %}"},
             Row{"{% set a %}",
                 "line 1, column 4: a tag (if, elif, else, endif, for, endfor) expected, found set"},
             Row{"{% if %}{% endif %}", "line 1, column 7: a value expected, found %}"},
             Row{"a {% if a %}b", "line 1, column 3: this {% if %} has no {% endif %}"},
             Row{"{% if a %}{% else %}", "line 1, column 1: this {% if %} has no {% endif %}"},
             Row{"{% for a in b %}{% if c %}{% endif %}",
                 "line 1, column 1: this {% for %} has no {% endfor %}"},
             Row{"{% if a %}{% endfor %}", "line 1, column 14: endfor stands where endif was expected"},
             Row{"{% for a in b %}{% endif %}", "line 1, column 20: endif stands where endfor was expected"},
             Row{"{% for a in b %}{% else %}", "line 1, column 20: else stands where endfor was expected"},
             Row{"{% if a %}{% else %}{% elif b %}{% endif %}",
                 "line 1, column 24: elif stands where endif was expected"},
             Row{"{% if a %}{% else %}{% else %}{% endif %}",
                 "line 1, column 24: else stands where endif was expected"},
             Row{"{% if a %}{% else b %}{% endif %}", "line 1, column 19: %} expected, found b"},
             Row{"{% if a %}{% endif b %}", "line 1, column 20: %} expected, found b"},
             Row{"a{% endif %}", "line 1, column 2: {% endif %} stands outside of any {% if %}"},
             Row{"{% else %}", "line 1, column 1: {% else %} stands outside of any {% if %}"},
             Row{"{% endfor %}", "line 1, column 1: {% endfor %} stands outside of any {% for %}"},
             Row{"{% for %}", "line 1, column 8: a name for the items expected, found %}"},
             Row{"{% for a.b in c %}", "line 1, column 8: a name for the items expected, found a.b"},
             Row{"{% for in in c %}", "line 1, column 8: a name for the items expected, found in"},
             Row{"{% for loop in c %}", "line 1, column 8: loop is taken: it holds loop.index"},
             Row{"{% for a of c %}", "line 1, column 10: in expected, found of"},
             Row{"{% for a in %}", "line 1, column 13: a value expected, found %}"},
         }) {
        const auto parsed = parse_template(source);
        ASSERT_FALSE(parsed) << source;
        EXPECT_EQ(parsed.error().failure, Failure::invalid);
        EXPECT_EQ(parsed.error().code, "template_syntax");
        EXPECT_EQ(parsed.error().detail, expected) << source;
        ASSERT_EQ(parsed.error().fields.size(), 1U);
        EXPECT_EQ(parsed.error().fields[0].field, "content");
        EXPECT_EQ(parsed.error().fields[0].message, expected);
    }
}

TEST(ParseTemplate, CountsColumnsInCharacters) {
    for (const auto& [source, expected] : {
             Row{"é{{ }}", "line 1, column 5: a value expected, found }}"},
             Row{"✅ **Demande confirmée !**\n🎉 {{ }}", "line 2, column 6: a value expected, found }}"},
             Row{"{{ \"👨‍🔧\" ! }}", "line 1, column 10: unexpected !"},
             Row{"{{ “x” }}", "line 1, column 4: unexpected “"},
             Row{"{{ a\xC2\xA0}}", "line 1, column 5: unexpected \xC2\xA0"},
             Row{"a\r\nb\r\n {{ }}", "line 3, column 5: a value expected, found }}"},
             Row{"{#\n\n#}{{ }}", "line 3, column 6: a value expected, found }}"},
             Row{"{{ \"a\nb\" c }}", "line 2, column 4: }} expected, found c"},
         }) {
        EXPECT_EQ(rendered(source), "template_syntax: " + std::string{expected}) << source;
    }
}

TEST(ParseTemplate, RefusesWhatIsNoUtf8) {
    EXPECT_EQ(rendered("a\n\xFFz"), "template_syntax: line 2, column 1: this is not UTF-8");
    EXPECT_EQ(rendered("{{ \"\xC3\" }}"), "template_syntax: line 1, column 5: this is not UTF-8");
    EXPECT_EQ(rendered("{{ \xED\xA0\x80 }}"), "template_syntax: line 1, column 4: this is not UTF-8");
    EXPECT_EQ(rendered("\xC3{{ a }}"), "template_syntax: line 1, column 1: this is not UTF-8");
    EXPECT_EQ(rendered("{# \xC3#}"), "template_syntax: line 1, column 4: this is not UTF-8");
    EXPECT_EQ(rendered("\xF0\x9F"), "template_syntax: line 1, column 1: this is not UTF-8");
}

}  // namespace
}  // namespace carillon::notify
