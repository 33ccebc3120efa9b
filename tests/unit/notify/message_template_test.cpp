#include "notify/message_template.hpp"

#include <gmock/gmock.h>

namespace carillon::notify {
namespace {

using ::testing::HasSubstr;

Json options_with(int count, const std::string& text) {
    Json texts = Json::array();
    for (int i = 0; i < count; ++i) texts.push_back(text);
    return {{"texts", texts}};
}

// "field: message" of everything that is wrong; empty when nothing is.
std::string complaint(const Json& options) {
    const auto parsed = MessageTemplate::parse("Hello", options);
    if (parsed) return "";
    EXPECT_EQ(parsed.error().failure, Failure::invalid);
    EXPECT_EQ(parsed.error().code, "template_syntax");
    std::string all;
    for (const auto& [field, message] : parsed.error().fields) all += field + ": " + message;
    return all;
}

TEST(MessageTemplate, TheTextAndEveryTextOfTheOptionsAreRendered) {
    const Json options{{"title", "For {{ name }}"}, {"buttons", {{{"text", "{{ verb }}"}, {"id", 7}}}}};
    const auto made = MessageTemplate::parse("Hello {{ name }}", options).value();

    const auto output = made.render({{"name", "Ada"}, {"verb", "Open"}}, "en").value();

    EXPECT_EQ(output.text, "Hello Ada");
    EXPECT_EQ(output.content, Json::parse(R"({"title": "For Ada", "buttons": [{"text": "Open", "id": 7}]})"));
    EXPECT_THAT(made.variables(), ::testing::ElementsAre("name", "verb"));
}

TEST(MessageTemplate, OptionsMayHave16KiB) {
    const auto around = to_text(Json{{"a", ""}}).size();
    const auto most = MessageTemplate::most_option_bytes;
    EXPECT_EQ(complaint({{"a", std::string(most - around, 'x')}}), "");
    EXPECT_EQ(complaint({{"a", std::string(most - around + 1, 'x')}}),
              "options: must be at most 16384 bytes of JSON");
}

TEST(MessageTemplate, OptionsMayHave64TextsToFillIn) {
    EXPECT_EQ(complaint(options_with(64, "{{ a }}")), "");
    EXPECT_EQ(complaint(options_with(65, "{{ a }}")),
              "options: may have at most 64 texts with something to fill in");
    EXPECT_EQ(complaint(options_with(1'000, "plain")), "") << "what stands as it is costs nothing";
}

TEST(MessageTemplate, AllTextsTogetherMayBe256KiB) {
    const Json context{{"x", std::string(64 * 1024, 'x')}};
    const auto made = [](int count) {
        return MessageTemplate::parse("{{ x }}", options_with(count, "{{ x }}")).value();
    };
    EXPECT_TRUE(made(3).render(context, "en"));

    const auto more = made(4).render(context, "en");

    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code, "template_failed");
    EXPECT_THAT(more.error().detail, HasSubstr("longer than 262144 bytes"));
}

TEST(MessageTemplate, AllTextsTogetherMayTake100000Steps) {
    const Json context{{"l", Json(std::vector<int>(30'000, 1))}};
    const std::string loop = "{% for x in l %}{% endfor %}";
    const auto made = [&](int count) {
        return MessageTemplate::parse(loop, options_with(count, loop)).value();
    };
    EXPECT_TRUE(made(2).render(context, "en"));

    const auto more = made(3).render(context, "en");

    ASSERT_FALSE(more);
    EXPECT_THAT(more.error().detail, HasSubstr("more than 100000 steps"));
    EXPECT_TRUE(made(2).render(context, "en")) << "each rendering begins anew";
}

}  // namespace
}  // namespace carillon::notify
