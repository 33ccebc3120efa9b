#include <chrono>
#include <random>

#include "unit/notify/template_text.hpp"

namespace carillon::notify {
namespace {

using ::testing::HasSubstr;

std::string times(std::size_t count, std::string_view text) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

TEST(TemplateBounds, SourceMayHave64KiB) {
    EXPECT_EQ(rendered(std::string(64 * 1024, 'a')).size(), 64U * 1024);
    EXPECT_EQ(rendered(std::string(64 * 1024 + 1, 'a')),
              "template_syntax: the template is longer than 65536 bytes");
}

TEST(TemplateBounds, BlocksAndBracketsNest32Deep) {
    const auto ifs = [](std::size_t depth) {
        return rendered(times(depth, "{% if true %}") + "x" + times(depth, "{% endif %}"));
    };
    EXPECT_EQ(ifs(32), "x");
    EXPECT_THAT(ifs(33), HasSubstr("line 1, column 430: nested more than 32 deep"));

    for (const auto& source : {
             "{{ " + times(30'000, "(") + " }}",
             "{{ " + times(10'000, "not ") + "a }}",
             "{{ a" + times(5'000, " | default(a") + " }}",
             times(3'000, "{% for a in b %}"),
             times(5'000, "{% if a %}"),
             times(3'000, "{% if a %}{% else %}"),
         }) {
        EXPECT_THAT(rendered(source), HasSubstr("nested more than 32 deep"));
    }
}

TEST(TemplateBounds, LongChainsAreFlat) {
    EXPECT_EQ(rendered("{{ 1" + times(8'000, " or 1") + " }}"), "1");
    EXPECT_EQ(rendered("{{ 1" + times(8'000, " and 1") + " }}"), "1");
    EXPECT_EQ(rendered("{{ \"a\"" + times(5'000, " | upper") + " }}"), "A");
    EXPECT_EQ(rendered("{% if false %}" + times(3'000, "{% elif false %}") + "{% else %}x{% endif %}"), "x");
    EXPECT_THAT(rendered("{{ a" + times(30'000, ".b") + " }}"), HasSubstr("missing from the context: a.b.b"));
}

TEST(TemplateBounds, NamesAreShort) {
    EXPECT_THAT(rendered("{{ " + std::string(100, 'n') + " }}"), HasSubstr("missing"));
    EXPECT_EQ(rendered("{{ a." + std::string(101, 'n') + " }}"),
              "template_syntax: line 1, column 6: this name is longer than 100 characters");
}

TEST(TemplateBounds, OutputMayHave256KiB) {
    const Json context{{"x", std::string(1024, 'x')}, {"rows", Json(std::vector<int>(256, 1))}};
    constexpr auto source = "{% for r in rows %}{{ x }}{% endfor %}";
    EXPECT_EQ(rendered(source, context).size(), 256U * 1024);
    EXPECT_EQ(rendered(std::string{source} + "y", context),
              "template_failed: line 1, column 39: the text becomes longer than 262144 bytes");
}

TEST(TemplateBounds, AreWhatTheCallerSays) {
    TemplateLimits limits{.source_bytes = 70, .depth = 2, .output_bytes = 4, .steps = 20};
    EXPECT_EQ(try_render("{{ \"abcd\" }}", {}, "en", limits).value(), "abcd");
    EXPECT_THAT(try_render("{{ \"abcde\" }}", {}, "en", limits).error().detail,
                HasSubstr("longer than 4 bytes"));
    EXPECT_THAT(try_render("{{ (((1))) }}", {}, "en", limits).error().detail, HasSubstr("more than 2 deep"));
    EXPECT_THAT(try_render(times(71, "a"), {}, "en", limits).error().detail,
                HasSubstr("longer than 70 bytes"));
    EXPECT_THAT(try_render("{{ 1" + times(10, " and 1") + " }}", {}, "en", limits).value(), "1");
    EXPECT_THAT(
        try_render("{% for x in l %}{% endfor %}", {{"l", Json(std::vector<int>(20, 1))}}, "en", limits)
            .error()
            .detail,
        HasSubstr("more than 20 steps"));
}

TEST(TemplateBounds, AMissingVariableInALongListIsNotNamedForever) {
    const Json context{{"l", Json(std::vector<Json>(5'000, Json::object()))}};
    const auto text = try_render("{% for x in l %}{{ x.a }}{% endfor %}", context);
    EXPECT_EQ(text.error().code, "template_variable_missing");
    EXPECT_EQ(text.error().fields.size(), 100U);
    EXPECT_EQ(text.error().fields.back().field, "context.l.99.a");
}

// Each would take minutes, or all of the memory, if its work were not counted.
TEST(TemplateBounds, HostileWorkEndsSoon) {
    const Json context{{"big", std::string(1'000'000, 'a')},
                       {"other", std::string(1'000'000, 'a')},
                       {"digits", std::string(1'000'000, '9')},
                       {"many", Json(std::vector<int>(100'000, 1))},
                       {"texts", Json(std::vector<std::string>(2'000, std::string(200, 'x')))},
                       {"some", Json(std::vector<int>(1'000, 1))}};
    const std::string loops = times(5, "{% for x in some %}");
    const std::string ends = times(5, "{% endfor %}");
    const auto began = std::chrono::steady_clock::now();
    for (const auto& source : {
             loops + ends,
             loops + "x" + ends,
             loops + "{{ nobody" + times(1'000, ".b") + " | default(1) }}" + ends,
             loops + "{% if big == other %}{% endif %}" + ends,
             loops + "{% if big < other %}{% endif %}" + ends,
             loops + "{% if digits > 1 %}{% endif %}" + ends,
             loops + "{% if digits | currency == 1 %}{% endif %}" + ends,
             loops + "{% if big | upper | lower | title == 1 %}{% endif %}" + ends,
             loops + "{% if big | length == 1 %}{% endif %}" + ends,
             loops + "{% if big | date(big) == 1 %}{% endif %}" + ends,
             loops + "{% if many | join(\"\") == 1 %}{% endif %}" + ends,
             loops + "{% if texts | join(texts | join(\"\") | default(big)) == 1 %}{% endif %}" + ends,
             loops + "{{ big }}" + ends,
             loops + times(30'000, "x") + ends,
             std::string{"{{ many | join(big) }}"},
             std::string{"{{ big }}"},
             std::string{"{{ digits | currency }}"},
             std::string{"{% for x in many %}{% endfor %}"},
         }) {
        const auto text = try_render(source, context);
        ASSERT_FALSE(text) << source.substr(0, 200);
        EXPECT_EQ(text.error().code, "template_failed");
        EXPECT_LT(text.error().detail.size(), 200U);
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{20});
}

// Nothing but the sanitizers and the clock say whether this went well: any answer is right that is one.
TEST(TemplateBounds, TokenSoupIsAnsweredWhateverItIs) {
    const std::vector<std::string_view> pieces{"{{",
                                               "}}",
                                               "{%",
                                               "%}",
                                               "{#",
                                               "#}",
                                               "{{-",
                                               "-}}",
                                               "{%-",
                                               "-%}",
                                               " ",
                                               "\n",
                                               "if ",
                                               "elif ",
                                               "else",
                                               "endif",
                                               "for ",
                                               "in ",
                                               "endfor",
                                               "not ",
                                               "and ",
                                               "or ",
                                               "a",
                                               "b.c",
                                               "l",
                                               "x",
                                               "loop.index",
                                               ".",
                                               "0",
                                               "-1",
                                               "2.5",
                                               "\"",
                                               "'",
                                               "\"t\"",
                                               "\\",
                                               "|",
                                               "|upper",
                                               "|currency",
                                               "|default(",
                                               "|date(\"%d %b\")",
                                               "|join(\",\")",
                                               "|length",
                                               "(",
                                               ")",
                                               ",",
                                               "==",
                                               "!=",
                                               "<",
                                               ">=",
                                               "=",
                                               "é",
                                               "🎉",
                                               "\xFF",
                                               "\xC3",
                                               "text",
                                               "true",
                                               "{% if a %}",
                                               "{% for x in l %}",
                                               "{% endfor %}",
                                               "{% endif %}",
                                               "{{ x }}",
                                               "{% else %}"};
    const Json context = Json::parse(
        R"({"a": "1.5", "b": {"c": null}, "l": [1, "two", {"x": []}, [3]], "t": "2026-02-01", "currency": "XAF"})");
    std::minstd_rand random{20260201};
    const auto below = [&](std::size_t end) { return random() % end; };
    std::size_t understood = 0;
    for (int round = 0; round < 30'000; ++round) {
        std::string source;
        for (auto left = below(24); left > 0; --left) source += pieces[below(pieces.size())];
        const auto parsed = parse_template(source);
        if (!parsed) {
            EXPECT_EQ(parsed.error().code, "template_syntax") << source;
            EXPECT_THAT(parsed.error().detail, ::testing::StartsWith("line ")) << source;
            continue;
        }
        ++understood;
        const auto text = parsed->render(context);
        if (text) continue;
        EXPECT_THAT(text.error().code, ::testing::StartsWith("template_")) << source;
    }
    EXPECT_GT(understood, 1'000U);  // else the soup is too thick to test rendering
}

}  // namespace
}  // namespace carillon::notify
