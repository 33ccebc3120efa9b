#include "notify/template_store.hpp"

#include "integration/notify/desk_fixture.hpp"
#include "notify/template_book.hpp"

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TemplateStoreTest : public DeskTest {
protected:
    static TemplateChange change(const std::string& type, const std::string& content) {
        TemplateChange change;
        change.type = type;
        change.content = content;
        change.by = UserId{"boss"};
        return change;
    }
    TemplatePut put(TemplateChange wish) { return run(store.put(std::move(wish))).value(); }
    TemplatePut put(const std::string& type, const std::string& channel, const std::string& content,
                    const std::string& language = "en") {
        auto wish = change(type, content);
        wish.channel = channel;
        wish.language = language;
        return put(std::move(wish));
    }
    static std::shared_ptr<const TemplateBook> book() {
        auto load = [](db::Session& session) { return TemplateBook::load(session); };
        return run(database().read(std::move(load)));
    }
    static std::int64_t stamp() {
        auto read = [](db::Session& session) { return TemplateBook::current_stamp(session); };
        return run(database().read(std::move(read)));
    }

    TemplateStore store{database()};
};

TEST_F(TemplateStoreTest, ANewTypeIsCreatedForWhatsApp) {
    const auto made = put(change("greeting", "Hi {{ name }}"));

    EXPECT_TRUE(made.created);
    EXPECT_EQ(made.stored.channel, "whatsapp");
    EXPECT_EQ(made.stored.language, "en");
    EXPECT_EQ(made.stored.version, 1);
    EXPECT_EQ(made.stored.category, "notification");
    EXPECT_EQ(made.stored.updated_by, "boss");
    EXPECT_TRUE(made.stored.active);
}

TEST_F(TemplateStoreTest, AChangeKeepsWhatItDoesNotName) {
    auto first = change("greeting", "Hi");
    first.options = Json{{"title", "Hello {{ name }}"}};
    first.category = "reminder";
    put(first);

    const auto second = put(change("greeting", "Hi again"));

    EXPECT_FALSE(second.created);
    EXPECT_EQ(second.stored.version, 2);
    EXPECT_EQ(second.stored.options, (Json{{"title", "Hello {{ name }}"}}));
    EXPECT_EQ(second.stored.category, "reminder");
}

TEST_F(TemplateStoreTest, EveryVersionIsKept) {
    for (const auto* content : {"one", "two", "three"}) put(change("greeting", content));

    const auto versions = run(store.versions({"greeting", {}, {}}, 1000, 2)).value();
    ASSERT_EQ(versions.size(), 2u);
    EXPECT_EQ(versions[0].content, "three");
    EXPECT_EQ(versions[1].version, 2);
    EXPECT_EQ(run(store.version({"greeting", {}, {}}, 1)).value().content, "one");
    EXPECT_EQ(run(store.version({"greeting", {}, {}}, 4)).error().failure, Failure::not_found);
    EXPECT_EQ(run(store.versions({"greeting", {}, "fr"}, 1000, 2)).error().failure, Failure::not_found);
}

TEST_F(TemplateStoreTest, TheOnlyChannelIsMeant) {
    put("bell", "push", "Ding");
    EXPECT_EQ(put(change("bell", "Dong")).stored.channel, "push");

    put("bell", "web_chat", "Ding");
    const auto refused = run(store.put(change("bell", "Which?")));
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().fields[0].field, "channel");
    EXPECT_THAT(refused.error().fields[0].message, HasSubstr("push, web_chat"));

    put("bell", "whatsapp", "Ding");
    EXPECT_EQ(put(change("bell", "Dong")).stored.channel, "whatsapp");
}

TEST_F(TemplateStoreTest, WhatCannotBeReadIsRefusedWithItsPlaces) {
    auto wish = change("greeting", "Hi\n{{ name");
    wish.options = Json{{"buttons", {{{"text", "{% if %}"}}}}};
    const auto before = stamp();

    const auto refused = run(store.put(wish));

    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, "template_syntax");
    ASSERT_EQ(refused.error().fields.size(), 2u);
    EXPECT_EQ(refused.error().fields[0].field, "content");
    EXPECT_THAT(refused.error().fields[0].message, HasSubstr("line 2, column"));
    EXPECT_EQ(refused.error().fields[1].field, "options.buttons.0.text");
    EXPECT_EQ(stamp(), before);
    EXPECT_THAT(run(store.list({}, 10)), IsEmpty());
}

TEST_F(TemplateStoreTest, AChangeIsNoticedByWhoPlans) {
    const auto before = stamp();
    put(change("greeting", "Hi"));
    EXPECT_GT(stamp(), before);
    EXPECT_EQ(book()->stamp(), stamp());
}

TEST_F(TemplateStoreTest, AListGoesOnWhereItsPageEnded) {
    put("b", "push", "x");
    put("a", "whatsapp", "x", "fr");
    put("a", "whatsapp", "x");

    const auto first = run(store.list({}, 2));
    ASSERT_EQ(first.size(), 2u);
    EXPECT_EQ(first[1].language, "fr");
    const auto rest = run(store.list({"a", "whatsapp", "fr"}, 2));
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].type, "b");
}

TEST_F(TemplateStoreTest, OfATypeTheOneThatIsMeantComesFirst) {
    put("bell", "push", "x");
    put("bell", "whatsapp", "x", "fr");
    put("bell", "whatsapp", "x");

    const auto all = run(store.find("bell"));
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[0].channel, "whatsapp");
    EXPECT_EQ(all[0].language, "en");
    EXPECT_THAT(run(store.find("none")), IsEmpty());
}

class PreviewTest : public TemplateStoreTest {
protected:
    PreviewRequest wish(const std::string& type, const Json& context) {
        PreviewRequest made;
        made.choice.type = type;
        made.context = context;
        return made;
    }
};

TEST_F(PreviewTest, ShowsTheStoredOne) {
    auto stored = change("greeting", "Hi {{ name }}");
    stored.options = Json{{"title", "To {{ name }}"}, {"ttl_seconds", 60}};
    put(stored);

    const auto preview = run(store.preview(wish("greeting", {{"name", "Ada"}}))).value();

    EXPECT_EQ(preview.output.text, "Hi Ada");
    EXPECT_EQ(preview.output.content, (Json{{"title", "To Ada"}, {"ttl_seconds", 60}}));
    EXPECT_EQ(preview.version, 1);
    EXPECT_THAT(preview.variables, ElementsAre("name"));
}

TEST_F(PreviewTest, ShowsWhatIsGivenWithoutStoringIt) {
    auto given = wish("greeting", {{"name", "Ada"}});
    given.content = "Bye {{ name }}";

    const auto preview = run(store.preview(given)).value();

    EXPECT_EQ(preview.output.text, "Bye Ada");
    EXPECT_FALSE(preview.version);
    EXPECT_EQ(value("SELECT count(*) FROM notification_templates"), "0");
}

TEST_F(PreviewTest, NamesEverythingThatIsMissing) {
    auto given = wish("greeting", Json::object());
    given.content = "Hi {{ name }}";
    given.options = Json{{"title", "{{ order.id }} {{ name }}"}};

    const auto refused = run(store.preview(given));

    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, "template_variable_missing");
    std::vector<std::string> fields;
    for (const auto& field : refused.error().fields) fields.push_back(field.field);
    EXPECT_THAT(fields, testing::UnorderedElementsAre("context.name", "context.order.id"));
}

TEST_F(PreviewTest, OfNothingThereIsNone) {
    EXPECT_EQ(run(store.preview(wish("none", Json::object()))).error().failure, Failure::not_found);
}

class TemplateBookTest : public TemplateStoreTest {};

TEST_F(TemplateBookTest, ALanguageIsStoodInForByAWiderOne) {
    put("greeting", "whatsapp", "Hi {{ name }}");
    put("greeting", "whatsapp", "Salut {{ name }}", "fr");
    const auto all = book();
    const auto said = [&all](const char* language) {
        return all->render("greeting", "whatsapp", language, {{"name", "Ada"}}).value();
    };

    EXPECT_EQ(said("fr-CM").text, "Salut Ada");
    EXPECT_EQ(said("fr-CM").language, "fr");
    EXPECT_EQ(said("de").text, "Hi Ada");
    EXPECT_EQ(said("").language, "en");
}

TEST_F(TemplateBookTest, EveryTextOfTheOptionsIsRendered) {
    auto stored = change("greeting", "Hi");
    stored.options = Json{{"data", {{"id", "{{ order.id }}"}}}, {"parameters", {{{"text", "{{ name }}"}}}}};
    put(stored);

    const auto rendered =
        book()->render("greeting", "whatsapp", "en", {{"name", "Ada"}, {"order", {{"id", 5}}}});

    EXPECT_EQ(rendered.value().content, (Json{{"data", {{"id", "5"}}}, {"parameters", {{{"text", "Ada"}}}}}));
}

TEST_F(TemplateBookTest, WhatIsNotThereIsMissing) {
    put("greeting", "whatsapp", "Hi");
    const auto all = book();

    EXPECT_EQ(all->render("greeting", "push", "en", {}).error().code, "template_missing");
    EXPECT_TRUE(all->has("greeting", "whatsapp"));
    EXPECT_FALSE(all->has("greeting", "push"));
    EXPECT_FALSE(all->has("greetin", "whatsapp"));
    EXPECT_TRUE(all->knows("greeting"));
    EXPECT_FALSE(all->knows("greet"));
}

TEST_F(TemplateBookTest, AFaultyOrRetiredOneIsLeftOut) {
    put("greeting", "whatsapp", "Hi");
    put("retired", "whatsapp", "Hi");
    own().query("UPDATE notification_templates SET content = '{{' WHERE type = 'greeting'");
    own().query("UPDATE notification_templates SET active = false WHERE type = 'retired'");
    put("good", "whatsapp", "Hi");

    const auto all = book();

    EXPECT_FALSE(all->knows("greeting"));
    EXPECT_FALSE(all->knows("retired"));
    EXPECT_TRUE(all->knows("good"));
}

}  // namespace
}  // namespace carillon::notify
