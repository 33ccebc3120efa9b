// The desk's routes through the real router, over rows that the test writes.
#include "admin/notifications/desk.hpp"

#include "admin/openapi.hpp"
#include "admin/openapi_check.hpp"
#include "business/users/users.hpp"
#include "integration/notify/desk_fixture.hpp"
#include "support/api.hpp"

namespace carillon::admin {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DeskRoutesTest : public notify::DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        api.sign_in("boss", Role::admin);
    }

    test::Reply put(const std::string& target, const Json& body) {
        return api.send({Method::put, target, body.dump(), {}, "application/json", {}});
    }
    std::vector<std::string> ids(const std::string& query) {
        const auto reply = api.get("/api/notifications/history" + query);
        EXPECT_EQ(reply.status, 200) << reply.body;
        std::vector<std::string> all;
        const auto body = reply.json();
        EXPECT_EQ(body.at("count"), body.at("messages").size());
        for (const auto& message : body.at("messages")) all.push_back(message.at("id"));
        return all;
    }
    static std::vector<std::string> fields(const test::Reply& reply) {
        EXPECT_EQ(reply.status, 422) << reply.body;
        std::vector<std::string> names;
        const auto body = reply.json();
        for (const auto& error : body.value("errors", Json::array())) names.push_back(error.at("field"));
        return names;
    }

    notify::Journal journal{database()};
    notify::TemplateStore templates{database()};
    notify::SettingsStore settings{database()};
    notify::Statistics statistics{database(), clock()};
    business::Users users{database(), clock()};
    Desk desk{{journal, templates, settings, statistics, users.directory(),
               [] {
                   return std::vector<std::string>{"lead.created", "order.created"};
               },
               clock()}};
    test::Api api{database(), users.directory(), desk.routes(), clock()};
};

TEST_F(DeskRoutesTest, AreDescribedAsTheyAre) {
    std::vector<embedded::File> ours;
    for (const auto& file : embedded::openapi())
        if (file.name == base_document || file.name == "admin/notifications.openapi.json")
            ours.push_back(file);
    const auto routes = desk.routes();
    std::vector<const http::Route*> table;
    for (const auto& route : routes) table.push_back(&route);

    EXPECT_THAT(differences(merge_documents(ours, "1"), table), IsEmpty());
}

TEST_F(DeskRoutesTest, AreForStaff) {
    add_user("ada");
    api.sign_in("ada", Role::customer);
    for (const auto* path : {"history", "history/237691924173", "statistics", "why?user_id=ada&event_id=e",
                             "events/e", "templates", "templates/t", "templates/t/versions", "msg_1"})
        EXPECT_EQ(api.get(std::string{"/api/notifications/"} + path).status, 403) << path;
    EXPECT_EQ(api.get("/api/notifications/settings/ada").status, 200);
    EXPECT_EQ(api.get("/api/notifications/settings/boss").status, 403);
    api.sign_out();
    EXPECT_EQ(api.get("/api/notifications/history").status, 401);
}

TEST_F(DeskRoutesTest, HistoryHasBothNamesOfItsFields) {
    add_message(message_id(1),
                {{"status", "dead"}, {"attention", 1}, {"reason", "unregistered"}, {"attempt", 3}});

    const auto message = api.get("/api/notifications/history").json().at("messages").at(0);

    EXPECT_EQ(message.at("type"), message.at("message_type"));
    EXPECT_EQ(message.at("message"), message.at("message_text"));
    EXPECT_EQ(message.at("timestamp"), message.at("created_at"));
    EXPECT_EQ(message.at("retry_count"), 2);
    EXPECT_EQ(message.at("error_message"), "None of the user's devices is registered any more.");
    EXPECT_TRUE(message.at("sent_at").is_null());
}

TEST_F(DeskRoutesTest, HistoryTakesAPersonInEverySpelling) {
    add_user("ada", {{"phone", "+237691924173"}});
    add_message(message_id(1), {{"user_id", "ada"}, {"phone", "+237691924173"}});
    add_message(message_id(2), {{"phone", "+237600000000"}});

    for (const auto* query : {"?phone=%2B237691924173", "?phone=237691924173", "?phone=+237%20691-924-173",
                              "?user_id=ada", "?user_id=237691924173"})
        EXPECT_THAT(ids(query), ElementsAre(message_id(1))) << query;
    EXPECT_THAT(ids("/237600000000"), ElementsAre(message_id(2))) << "a number of no user's";
    EXPECT_THAT(ids("/237600000000?status=dead"), IsEmpty());
    EXPECT_EQ(api.get("/api/notifications/history?user_id=nobody").status, 404);
}

TEST_F(DeskRoutesTest, HistoryGoesOnAfterItsCursor) {
    for (int n = 1; n <= 3; ++n) add_message(message_id(n));

    const auto first = api.get("/api/notifications/history?limit=2").json();
    EXPECT_EQ(first.at("count"), 2);
    const auto cursor = first.at("next_cursor").get<std::string>();
    EXPECT_THAT(ids("?limit=2&cursor=" + cursor), ElementsAre(message_id(1)));
}

TEST_F(DeskRoutesTest, HistoryLooksBackAsFarAsItIsAsked) {
    add_message(message_id(990));
    add_message(message_id(1));
    EXPECT_THAT(ids("?days=7"), ElementsAre(message_id(990)));
    EXPECT_EQ(ids("?days=365").size(), 2u);
}

TEST_F(DeskRoutesTest, AQueryThatCannotBeIsRefusedWithItsParameter) {
    const std::pair<const char*, const char*> rows[] = {
        {"history?status=lost", "status"},  {"history?days=0", "days"},
        {"history?days=366", "days"},       {"history?phone=abc", "phone"},
        {"history?cursor=abc", "cursor"},   {"history?limit=201", "limit"},
        {"history?state=sent", "state"},    {"history/abc", "phone"},
        {"statistics?days=x", "days"},      {"events/e?cursor=abc", "cursor"},
        {"templates?cursor=abc", "cursor"}, {"templates/t/versions?language=e", "language"},
    };
    for (const auto& [path, field] : rows)
        EXPECT_THAT(fields(api.get(std::string{"/api/notifications/"} + path)), ElementsAre(field)) << path;
    EXPECT_THAT(fields(api.get("/api/notifications/why")), ElementsAre("user_id", "event_id"));
}

TEST_F(DeskRoutesTest, AMessageIsShownWithItsTimeline) {
    add_event("evt_a");
    add_plan("evt_a", 1, 1);
    add_message(message_id(1), {{"user_id", "ada"}, {"route", "r"}, {"feed_seq", 1}});
    add_attempt(message_id(1), 1);
    add_to_feed("ada", 1, "evt_a");

    const auto body = api.get("/api/notifications/" + message_id(1)).json();

    EXPECT_EQ(body.at("timeline").at(0).at("what"), "event_accepted");
    EXPECT_EQ(body.at("feed").at("seq"), 1);
    EXPECT_TRUE(body.at("queue").is_null());
    EXPECT_EQ(api.get("/api/notifications/msg_none").status, 404);
}

TEST_F(DeskRoutesTest, AnEventShowsItsPayloadToTheAdminOnly) {
    add_event("evt_a");
    const auto of = [this] { return api.get("/api/notifications/events/evt_a").json().at("event"); };

    EXPECT_EQ(of().at("payload").at("total"), 5);
    api.sign_in("backend", Role::service);
    EXPECT_FALSE(of().contains("payload"));
    EXPECT_EQ(api.get("/api/notifications/events/evt_none").status, 404);
}

TEST_F(DeskRoutesTest, AnEventsListsArePagedUnderOneCursor) {
    add_event("evt_a");
    for (int n = 1; n <= 3; ++n) add_message(message_id(n));
    add_to_feed("ada", 1, "evt_a");

    const auto first = api.get("/api/notifications/events/evt_a?limit=2").json();
    EXPECT_EQ(first.at("messages").size(), 2u);
    EXPECT_EQ(first.at("feed").size(), 1u);
    EXPECT_EQ(first.at("counts").at("messages"), 3);
    const auto cursor = first.at("next_cursor").get<std::string>();
    const auto second = api.get("/api/notifications/events/evt_a?limit=2&cursor=" + cursor).json();
    EXPECT_EQ(second.at("messages").size(), 1u);
    EXPECT_THAT(second.at("feed"), IsEmpty());
    EXPECT_TRUE(second.at("counts").is_null());
    EXPECT_TRUE(second.at("next_cursor").is_null());
}

TEST_F(DeskRoutesTest, WhySaysWhatIsUnknown) {
    add_user("ada");
    add_event("evt_a");
    add_plan("evt_a", 0, 0);
    const auto ask = [this](const std::string& user, const std::string& event) {
        return api.get("/api/notifications/why?user_id=" + user + "&event_id=" + event);
    };

    EXPECT_EQ(ask("ada", "evt_none").code(), "no_such_event");
    EXPECT_EQ(ask("nobody", "evt_a").code(), "no_such_user");
    EXPECT_EQ(ask("ada", "evt_a").json().at("verdict"), "not_a_recipient");
}

TEST_F(DeskRoutesTest, StatisticsHaveTheirDays) {
    insert("count_changes", {{"hour", "2026-11-21T07:00:00Z"},
                             {"channel", "push"},
                             {"type", "new_lead"},
                             {"measure", "sent"},
                             {"n", 3}});

    const auto body = api.get("/api/notifications/statistics?days=2").json();

    EXPECT_EQ(body.at("total_messages"), 3);
    EXPECT_EQ(body.at("by_status").at("sent"), 3);
    EXPECT_EQ(body.at("by_channel").at("push"), 3);
    EXPECT_EQ(body.at("by_channel_status").at("push").at("sent"), 3);
    EXPECT_EQ(body.at("by_day").size(), 2u);
    EXPECT_EQ(body.at("success_rate"), 1.0);
    EXPECT_TRUE(body.at("latency_ms").is_null());
    EXPECT_EQ(api.get("/api/notifications/statistics").json().at("days"), 30);
}

TEST_F(DeskRoutesTest, ATemplateIsChangedByItsContentAlone) {
    EXPECT_EQ(put("/api/notifications/templates/greeting", {{"content", "Hi {{ name }}"}}).status, 201);
    const auto changed = put("/api/notifications/templates/greeting", {{"content", "Hello {{ name }}"}});

    EXPECT_EQ(changed.status, 200);
    EXPECT_EQ(changed.json().at("version"), 2);
    EXPECT_EQ(changed.json().at("updated_by"), "boss");
    const auto shown = api.get("/api/notifications/templates/greeting").json();
    EXPECT_EQ(shown.at("content"), "Hello {{ name }}");
    EXPECT_EQ(shown.at("name"), "greeting");
    EXPECT_EQ(shown.at("variants").size(), 1u);
    EXPECT_EQ(api.get("/api/notifications/templates").json().at("count"), 1);
    EXPECT_EQ(api.get("/api/notifications/templates/none").status, 404);
}

TEST_F(DeskRoutesTest, ATemplatesVersionsArePaged) {
    for (const auto* content : {"one", "two", "three"})
        put("/api/notifications/templates/greeting", {{"content", content}});
    const std::string base = "/api/notifications/templates/greeting/versions";

    const auto first = api.get(base + "?limit=2").json();
    EXPECT_EQ(first.at("versions").at(0).at("version"), 3);
    const auto rest = api.get(base + "?limit=2&cursor=" + first.at("next_cursor").get<std::string>()).json();
    EXPECT_EQ(rest.at("versions").at(0).at("content"), "one");
    EXPECT_TRUE(rest.at("next_cursor").is_null());
    EXPECT_EQ(api.get(base + "/2").json().at("content"), "two");
    for (const auto* odd : {"/4", "/0", "/x", "/99999999999"})
        EXPECT_EQ(api.get(base + odd).status, 404) << odd;
}

TEST_F(DeskRoutesTest, OptionsThatWouldCostTooMuchAreRefused) {
    const Json options{{"texts", Json(std::vector<std::string>(65, "{{ a }}"))}};
    const Json body{{"content", "Hi"}, {"options", options}};

    EXPECT_THAT(fields(put("/api/notifications/templates/greeting", body)), ElementsAre("options"));
    EXPECT_EQ(api.get("/api/notifications/templates/greeting").status, 404);
}

TEST_F(DeskRoutesTest, AFaultyTemplateIsRefusedWithItsPlace) {
    const auto reply = put("/api/notifications/templates/greeting", {{"content", "Hi\n{{ name"}});

    EXPECT_THAT(fields(reply), ElementsAre("content"));
    EXPECT_EQ(reply.code(), "template_syntax");
    EXPECT_THAT(reply.json().at("errors").at(0).at("message").get<std::string>(), HasSubstr("line 2"));
}

TEST_F(DeskRoutesTest, APreviewNamesWhatIsMissing) {
    const std::string path = "/api/notifications/templates/greeting/preview";
    const auto refused = api.post(path, {{"content", "Hi {{ name }}"}});
    EXPECT_THAT(fields(refused), ElementsAre("context.name"));
    EXPECT_EQ(refused.code(), "template_variable_missing");

    const auto shown = api.post(path, {{"content", "Hi {{ name }}"}, {"context", {{"name", "Ada"}}}}).json();
    EXPECT_EQ(shown.at("text"), "Hi Ada");
    EXPECT_THAT(shown.at("variables"), ElementsAre("name"));
    EXPECT_EQ(api.post(path, Json::object()).status, 404);
}

TEST_F(DeskRoutesTest, AUserSetsTheirOwnSettings) {
    add_user("ada", {{"phone", "+237691924173"}});
    api.sign_in("ada", Role::customer);
    const std::string path = "/api/notifications/settings/237691924173";

    auto body = api.get(path).json();
    EXPECT_EQ(body.at("channels"), (Json{{"push", true}, {"whatsapp", true}, {"web_chat", true}}));
    body["channels"]["push"] = false;
    body["muted"] = {"lead.*"};
    body["quiet_hours"] = {{"from", "22:00"}, {"to", "07:00"}, {"timezone", "Asia/Kolkata"}};
    const auto stored = put(path, body);

    ASSERT_EQ(stored.status, 200) << stored.body;
    EXPECT_EQ(stored.json(), body);
    EXPECT_EQ(api.get(path).json(), body);
    EXPECT_THAT(fields(put(path, {{"muted", {"pigeon.flown"}}})), ElementsAre("muted.0"));
}

TEST_F(DeskRoutesTest, AStopIsTakenBackByTheUserAlone) {
    add_user("ada", {{"phone", "+237691924173"}});
    own().query("INSERT INTO whatsapp_contacts (phone, opted_out_at) VALUES ('+237691924173', now())");
    const std::string path = "/api/notifications/settings/ada";
    const Json on{{"channels", {{"whatsapp", true}}}};

    const auto by_staff = put(path, on).json();
    EXPECT_EQ(by_staff.at("channels").at("whatsapp"), false);
    EXPECT_EQ(by_staff.at("whatsapp_opted_out"), true);

    api.sign_in("ada", Role::customer);
    EXPECT_EQ(put(path, on).json().at("whatsapp_opted_out"), false);
}

TEST_F(DeskRoutesTest, NobodysSettingsAreNotFound) {
    EXPECT_EQ(api.get("/api/notifications/settings/nobody").status, 404);
    EXPECT_EQ(put("/api/notifications/settings/nobody", Json::object()).status, 404);
}

}  // namespace
}  // namespace carillon::admin
