#include "notify/template.hpp"

#include <thread>

#include "unit/notify/template_text.hpp"

namespace carillon::notify {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Row {
    std::string_view source;
    std::string_view expected;
};

const Json order = Json::parse(R"({
    "name": "Zoë", "empty": "", "nothing": null, "three": 3, "minus": -4.5, "large": 1e300, "zero": 0,
    "yes": true, "no": false, "price": "2500.00", "tags": ["new", "hot"], "none": [], "bag": {},
    "customer": {"name": "Ana", "address": {"city": "Douala"}},
    "items": [{"name": "Milk", "count": 2}, {"name": "Bread", "count": 1}],
    "grid": [[1, 2], [3]], "0": "nought", "if_any": "x"
})");

TEST(RenderTemplate, PrintsWhatTheContextHolds) {
    for (const auto& [source, expected] : {
             Row{"", ""},
             Row{"plain ✅ text {with} }} braces %} #}", "plain ✅ text {with} }} braces %} #}"},
             Row{"Hi {{ name }}!", "Hi Zoë!"},
             Row{"{{name}}{{ name }}", "ZoëZoë"},
             Row{"{{ customer.address.city }}", "Douala"},
             Row{"{{ items.0.name }} {{ items.1.count }}", "Milk 1"},
             Row{"{{ grid.0.1 }}{{ grid.1.0 }}", "23"},
             Row{"[{{ empty }}]", "[]"},
             Row{"{{ three }} {{ minus }} {{ large }} {{ zero }}", "3 -4.5 1e+300 0"},
             Row{"{{ yes }} {{ no }}", "true false"},
             Row{"{{ price }}", "2500.00"},
             Row{"{{ if_any }}", "x"},
             Row{R"({{ "a\"b" }}{{ 'it\'s' }}{{ "\n\t\\" }})", "a\"bit's\n\t\\"},
             Row{R"({{ "}}" }}{{ '{%' }}{{ "é" }})", "}}{%é"},
             Row{"{{ 12 }} {{ -3 }} {{ 4.5 }} {{ true }} {{ false }}", "12 -3 4.5 true false"},
             Row{"{{ (name) }}{{ ((\"x\")) }}", "Zoëx"},
             Row{"a{# {{ nobody }} \n #}b", "ab"},
             Row{"{ {% if yes %}{ {% endif %}", "{ { "},
         }) {
        EXPECT_EQ(rendered(source, order), expected) << source;
    }
}

TEST(RenderTemplate, TrimsWhiteSpaceWhereAskedOnly) {
    for (const auto& [source, expected] : {
             Row{"a {{ three }} b", "a 3 b"},
             Row{"a {{- three }} b", "a3 b"},
             Row{"a {{ three -}} b", "a 3b"},
             Row{"a \n\t{{- three -}}\r\n b", "a3b"},
             Row{"a {%- if yes -%} b {%- endif -%} c", "abc"},
             Row{"a {#- remark -#} b", "ab"},
             Row{"a {# remark #} b", "a  b"},
             Row{"{% if yes %}\nx\n{% endif %}\n", "\nx\n\n"},
             Row{"{{ -3 }}|{{-3 }}|{{ 3 -}} |", "-3|3|3|"},
             Row{" {{- three -}} {{- three -}} ", "33"},
             Row{"\xC2\xA0{{- three }}",
                 "\xC2\xA0"
                 "3"},
         }) {
        EXPECT_EQ(rendered(source, order), expected) << source;
    }
}

TEST(RenderTemplate, ChoosesByTheTest) {
    const auto answer = [](std::string_view test) {
        return rendered("{% if " + std::string{test} + " %}yes{% else %}no{% endif %}", order);
    };
    for (const auto* test : {
             "yes",
             "name",
             "three",
             "tags",
             "customer",
             "not no",
             "not nobody",
             "not nothing",
             "not empty",
             "not none",
             "not bag",
             "not zero",
             "name == \"Zoë\"",
             "name != 'Ana'",
             "three == 3",
             "three == 3.0",
             "three != 4",
             "three < 4",
             "three <= 3",
             "minus < 0",
             "three > minus",
             "three >= 3",
             "yes == true",
             "no == false",
             "price == 2500",
             "price > 1000",
             "1000 < price",
             "price >= \"300\"",
             "\"b\" > \"a\"",
             "\"2026-02-01\" < \"2026-11-01\"",
             "price != \"2500\"",
             "nobody != 1",
             "nobody == nothing",
             "yes and name",
             "no or name",
             "not (yes and no)",
             "not yes or yes",
             "yes or nobody.at.all",
             "no and no or yes",
             "three == 3 and price == 2500",
             "not three == 4",
             "tags | length == 2",
             "(three)",
             "\"x\"",
             "large > 1",
             "name | upper == \"ZOË\"",
             "yes == True",
         }) {
        EXPECT_EQ(answer(test), "yes") << test;
    }
    for (const auto* test : {
             "no",         "empty",          "nothing",           "zero",       "none",
             "bag",        "nobody",         "nobody.at.all",     "name.first", "items.9",
             "items.x",    "not yes",        "nobody == 1",       "nobody < 1", "nobody >= 1",
             "1 > nobody", "three == \"x\"", "yes == 1",          "no == 0",    "name == yes",
             "yes and no", "no or nobody",   "price == \"2500\"", "\"\"",
         }) {
        EXPECT_EQ(answer(test), "no") << test;
    }
}

TEST(RenderTemplate, TakesTheFirstBranchThatHolds) {
    constexpr auto source =
        "{% if n == 1 %}one{% elif n == 2 %}two{% elif n < 5 %}few{% else %}many{% endif %}";
    EXPECT_EQ(rendered(source, {{"n", 1}}), "one");
    EXPECT_EQ(rendered(source, {{"n", 2}}), "two");
    EXPECT_EQ(rendered(source, {{"n", 4}}), "few");
    EXPECT_EQ(rendered(source, {{"n", 9}}), "many");
    EXPECT_EQ(rendered("[{% if n == 1 %}one{% elif n == 2 %}two{% endif %}]", {{"n", 9}}), "[]");
}

TEST(RenderTemplate, RepeatsForEveryItem) {
    for (const auto& [source, expected] : {
             Row{"{% for i in items %}{{ i.count }} {{ i.name }};{% endfor %}", "2 Milk;1 Bread;"},
             Row{"{% for t in tags %}{{ loop.index }}{{ t }}{% if not loop.last %}, {% endif %}{% endfor %}",
                 "1new, 2hot"},
             Row{"{% for t in tags %}{% if loop.first %}>{% endif %}{{ t }}{% endfor %}", ">newhot"},
             Row{"{% for t in none %}x{% endfor %}", ""},
             Row{"{% for row in grid %}{% for cell in row %}{{ cell }}{{ loop.last }} {% endfor %}"
                 "{{ loop.index }};{% endfor %}",
                 "1false 2true 1;3true 2;"},
             Row{"{% for name in tags %}{{ name }}{% endfor %}{{ name }}", "newhotZoë"},
             Row{"{% for t in nobody | default(tags) %}{{ t }}{% endfor %}", "newhot"},
         }) {
        EXPECT_EQ(rendered(source, order), expected) << source;
    }
}

TEST(RenderTemplate, GivesTheOperandThatDecided) {
    EXPECT_EQ(rendered("{{ nobody or name }}", order), "Zoë");
    EXPECT_EQ(rendered("{{ empty or three }}", order), "3");
    EXPECT_EQ(rendered("{{ yes and name }}", order), "Zoë");
    EXPECT_EQ(rendered("{{ not yes }}", order), "false");
}

TEST(RenderTemplate, NeverRunsAValue) {
    const Json context{
        {"name", "{{ secret }}{% for x in y %}{# #}"}, {"secret", "s"}, {"list", {"{{ secret }}"}}};
    EXPECT_EQ(rendered("{{ name }}", context), "{{ secret }}{% for x in y %}{# #}");
    EXPECT_EQ(rendered("{{ name | default(\"x\") }}", context), "{{ secret }}{% for x in y %}{# #}");
    EXPECT_EQ(rendered("{{ list | join(\"\") }}", context), "{{ secret }}");
    EXPECT_EQ(rendered("{{ \"{{ secret }}\" }}", context), "{{ secret }}");
}

TEST(RenderTemplate, NamesEveryMissingVariableOnTheWay) {
    const auto text = try_render(
        "{{ a }} {{ b.c }} {{ a }} {% if yes %}{{ d }}{% else %}{{ unseen }}{% endif %}{{ nothing }}"
        "{{ name.first }}{{ items.7.name }}{{ e | upper }}{{ \"x\" | default(f) }}{% for x in gone %}{% "
        "endfor %}",
        order);

    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().failure, Failure::invalid);
    EXPECT_EQ(text.error().code, "template_variable_missing");
    std::vector<std::string> names;
    for (const auto& [field, message] : text.error().fields) {
        EXPECT_EQ(message, "is missing");
        names.push_back(field);
    }
    EXPECT_THAT(names,
                ElementsAre("context.a", "context.b.c", "context.d", "context.nothing", "context.name.first",
                            "context.items.7.name", "context.e", "context.gone"));
    EXPECT_EQ(text.error().detail,
              "missing from the context: a, b.c, d, nothing, name.first, items.7.name, e, gone");
}

TEST(RenderTemplate, NamesWhatAnItemOfAListLacksByItsPlace) {
    const Json context{
        {"orders", {{{"lines", {{{"sku", 1}}, Json::object()}}}, {{"lines", {Json::object()}}}}}};
    const auto text = try_render(
        "{% for o in orders %}{% for line in o.lines %}{{ line.sku }}{{ loop.length }}{% endfor %}{% endfor "
        "%}",
        context);

    std::vector<std::string> names;
    for (const auto& [field, message] : text.error().fields) names.push_back(field);
    EXPECT_THAT(names, ElementsAre("context.loop.length", "context.orders.0.lines.1.sku",
                                   "context.orders.1.lines.0.sku"));
}

TEST(RenderTemplate, AContextThatIsNoObjectHoldsNothing) {
    for (const auto& context : {Json(), Json("text"), Json(7), Json::array({1})})
        EXPECT_THAT(rendered("{{ a }}", context), HasSubstr("missing from the context: a"));
}

TEST(RenderTemplate, RefusesValuesOfTheWrongKindAndSaysWhere) {
    for (const auto& [source, expected] : {
             Row{"a\n {{ items }}", "line 2, column 5: a list cannot be printed"},
             Row{"{{ customer }}", "line 1, column 4: an object cannot be printed"},
             Row{"{% for x in name %}{% endfor %}",
                 "line 1, column 13: for needs a list, not a single value"},
             Row{"{% for x in customer %}{% endfor %}", "line 1, column 13: for needs a list, not an object"},
             Row{"{{ tags < 3 }}", "line 1, column 4: a list or an object cannot be compared"},
             Row{"é{{ name < 3 }}", "line 1, column 5: values of different kinds have no order"},
             Row{"{{ yes > no }}", "line 1, column 4: values of different kinds have no order"},
             Row{"{{ name | currency }}", "line 1, column 11: currency: needs a decimal number"},
             Row{"{{ three | date(\"%d\") }}", "line 1, column 12: date: needs a text such as 2026-02-01"},
             Row{"{{ tags | upper }}", "line 1, column 11: upper: needs a text"},
             Row{"{{ three | length }}", "line 1, column 12: length: needs a text, a list or an object"},
             Row{"{{ name | join(\",\") }}", "line 1, column 11: join: needs a list"},
             Row{"{{ items | join(\",\") }}", "line 1, column 12: join: needs a list of texts and numbers"},
         }) {
        EXPECT_EQ(rendered(source, order), "template_failed: " + std::string{expected}) << source;
    }
}

TEST(Template, ListsWhatItAsksOfTheContext) {
    const auto parsed = parse_template(
        "{{ b.c }}{{ a | default(d) }}{% if e == f.0 %}{% endif %}{{ a }}"
        "{% for x in list %}{{ x.y }}{{ loop.index }}{{ g }}{% endfor %}{{ x }}{{ price | currency }}");
    EXPECT_THAT(parsed.value().variables(),
                ElementsAre("a", "b.c", "d", "e", "f.0", "g", "list", "price", "x"));
}

TEST(Template, ServesManyThreadsAtOnce) {
    const auto shared = parse_template("{% for i in list %}{{ i | upper }}{% endfor %}").value();
    const Json context{{"list", Json(std::vector<std::string>(200, "a"))}};
    std::vector<std::string> texts(4);
    {
        std::vector<std::jthread> threads;
        for (auto& text : texts)
            threads.emplace_back([copy = shared, &text, &context] { text = copy.render(context).value(); });
    }
    EXPECT_THAT(texts, ::testing::Each(std::string(200, 'A')));
}

}  // namespace
}  // namespace carillon::notify
