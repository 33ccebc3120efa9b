#include "notify/settings_store.hpp"

#include "integration/notify/desk_fixture.hpp"

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SettingsStoreTest : public DeskTest {
protected:
    void SetUp() override {
        DeskTest::SetUp();
        add_user("ada", {{"phone", "+237691924173"}});
    }
    Result<UserSettings> put(const UserSettings& settings, bool opts_in = false) {
        SettingsChange change{UserId{"ada"}, settings, opts_in};
        return run(store.put(std::move(change)));
    }
    UserSettings stored() { return run(store.find(UserId{"ada"})).value(); }
    static void stop() {
        own().query(
            "INSERT INTO whatsapp_contacts (phone, opted_out_at) VALUES ('+237691924173', now())"
            " ON CONFLICT (phone) DO UPDATE SET opted_out_at = now()");
    }

    SettingsStore store{database()};
};

TEST_F(SettingsStoreTest, WhoNeverSaidAnythingIsToldEverything) {
    const auto settings = stored();
    EXPECT_TRUE(settings.channels_off.empty());
    EXPECT_FALSE(settings.quiet);
    EXPECT_FALSE(settings.opted_out);
}

TEST_F(SettingsStoreTest, WhatIsPutIsFoundAndReplacesAllThatWas) {
    UserSettings settings;
    settings.channels_off = {"push"};
    settings.muted = {"lead.*", "order.created"};
    settings.quiet = QuietHours{"22:00", "07:00", "Asia/Kolkata"};
    settings.language = "en";
    settings.digest_minutes = 15;
    ASSERT_TRUE(put(settings).has_value());

    const auto found = stored();
    EXPECT_TRUE(found.channels_off.contains("push"));
    EXPECT_THAT(found.muted, ElementsAre("lead.*", "order.created"));
    EXPECT_EQ(found.quiet->from, "22:00");
    EXPECT_EQ(found.quiet->to, "07:00");
    EXPECT_EQ(found.quiet->timezone, "Asia/Kolkata");
    EXPECT_EQ(found.language, "en");
    EXPECT_EQ(found.digest_minutes, 15);

    ASSERT_TRUE(put({}).has_value());
    EXPECT_FALSE(stored().quiet);
    EXPECT_TRUE(stored().muted.empty());
}

TEST_F(SettingsStoreTest, NobodyHasNoSettings) {
    EXPECT_FALSE(run(store.find(UserId{"nobody"})));
    SettingsChange change{UserId{"nobody"}, {}, false};
    EXPECT_EQ(run(store.put(std::move(change))).error().failure, Failure::not_found);
}

TEST_F(SettingsStoreTest, AZoneMustExist) {
    UserSettings settings;
    settings.quiet = QuietHours{"22:00", "07:00", "Asia/Kolkatta"};
    EXPECT_EQ(put(settings).error().fields[0].field, "quiet_hours.timezone");
    settings.quiet->timezone.reset();
    EXPECT_TRUE(put(settings).has_value());
}

TEST_F(SettingsStoreTest, ALanguageMustBeOneThatWeWrite) {
    insert("notification_templates", {{"type", "t"},
                                      {"channel", "whatsapp"},
                                      {"language", "fr"},
                                      {"version", 1},
                                      {"content", "x"},
                                      {"options", Json::object()},
                                      {"active", true},
                                      {"category", "c"},
                                      {"updated_at", text(now())},
                                      {"updated_by", "boss"}});
    UserSettings settings;
    settings.language = "fr-CM";
    EXPECT_TRUE(put(settings).has_value());
    settings.language = "xx";
    const auto refused = put(settings);
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().fields[0].field, "language");
    EXPECT_THAT(refused.error().fields[0].message, HasSubstr("en, fr"));
}

TEST_F(SettingsStoreTest, AStopIsShownAndOnlyTheUserTakesItBack) {
    stop();
    EXPECT_TRUE(stored().opted_out);

    EXPECT_TRUE(put({}).value().opted_out) << "not in so many words";
    EXPECT_FALSE(put({}, true).value().opted_out);
    EXPECT_EQ(value("SELECT opted_out_at IS NULL FROM whatsapp_contacts"), "t");
}

TEST_F(SettingsStoreTest, AStopThatIsSentBackAsItWasShownDoesNotBecomeASetting) {
    stop();
    UserSettings shown;
    shown.channels_off = {"whatsapp"};
    ASSERT_TRUE(put(shown).has_value());
    own().query("UPDATE whatsapp_contacts SET opted_out_at = NULL");

    EXPECT_TRUE(stored().channels_off.empty());
}

}  // namespace
}  // namespace carillon::notify
