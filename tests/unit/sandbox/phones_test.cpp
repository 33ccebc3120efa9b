#include "sandbox/phones.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/calls.hpp"
#include "support/unit_jwt.hpp"

namespace carillon::sandbox {
namespace {

using namespace std::chrono_literals;
using test::jwt_now;
using testing::ElementsAre;

PushMessage push_to(std::string token, std::string title, std::string collapse_key = {}) {
    PushMessage push;
    push.kind = "token";
    push.target = std::move(token);
    push.message = {{"notification", {{"title", title}}}};
    if (!collapse_key.empty()) push.message["android"] = {{"collapse_key", collapse_key}};
    return push;
}

std::vector<std::string> titles(Phones& phones, const std::string& token) {
    std::vector<std::string> list;
    const auto phone = phones.show(token).value();
    for (const auto& message : phone.at("messages")) list.push_back(message.at("title"));
    return list;
}

ChatNote outbound(std::string id) {
    ChatNote note;
    note.id = std::move(id);
    note.at = jwt_now;
    return note;
}

TEST(Phone, ShowsWhatWasPushed) {
    Phones phones;
    phones.push(push_to("a", "one"), "1", jwt_now);
    phones.push(push_to("a", "two"), "2", jwt_now);
    phones.push(push_to("b", "three"), "3", jwt_now);

    EXPECT_THAT(titles(phones, "a"), ElementsAre("one", "two"));
    EXPECT_THAT(titles(phones, "b"), ElementsAre("three"));
    EXPECT_EQ(phones.all().at("push").size(), 2U);
    EXPECT_FALSE(phones.show("c"));
}

TEST(Phone, ReplacesWhatHasTheSameCollapseKey) {
    Phones phones;
    phones.push(push_to("a", "one", "k"), "1", jwt_now);
    phones.push(push_to("a", "other"), "2", jwt_now);
    phones.push(push_to("a", "two", "k"), "3", jwt_now);
    phones.push(push_to("a", "three", "k"), "4", jwt_now);
    phones.push(push_to("b", "elsewhere", "k"), "5", jwt_now);

    EXPECT_THAT(titles(phones, "a"), ElementsAre("other", "three"));
    EXPECT_EQ(phones.show("a")->at("messages").at(1).at("replaced"), 2);
    EXPECT_THAT(titles(phones, "b"), ElementsAre("elsewhere"));
}

TEST(Phone, KeepsItsLastMessages) {
    Phones phones;
    constexpr auto limit = Shelf<PushNote, Device>::per_phone;
    for (std::size_t i = 0; i < limit + 3; ++i) phones.push(push_to("a", std::to_string(i)), "id", jwt_now);

    const auto kept = titles(phones, "a");
    EXPECT_EQ(kept.size(), limit);
    EXPECT_EQ(kept.front(), "3");
}

TEST(Shelf, HoldsNoMoreThanItsLimit) {
    Shelf<int, int> shelf;
    constexpr auto limit = Shelf<int, int>::altogether;
    auto& first = shelf.touch("first");
    shelf.add(first, 1);
    for (std::size_t i = 0; i < limit; ++i) shelf.touch("p" + std::to_string(i));

    EXPECT_EQ(shelf.find("first"), nullptr);
    EXPECT_EQ(shelf.phones().size(), limit);
    EXPECT_NE(shelf.find("p0"), nullptr);
}

TEST(Shelf, ForgetsThePhoneThatWasQuietForLongest) {
    Shelf<int, int> shelf;
    constexpr auto limit = Shelf<int, int>::altogether;
    shelf.touch("a");
    shelf.touch("b");
    shelf.touch("a");
    for (std::size_t i = 0; i < limit - 1; ++i) shelf.touch("p" + std::to_string(i));

    EXPECT_NE(shelf.find("a"), nullptr);
    EXPECT_EQ(shelf.find("b"), nullptr);
}

TEST(Chat, KeepsItsConversation) {
    Phones phones;
    const auto conversation = phones.chat("919876543210").about.conversation_id;

    EXPECT_EQ(phones.chat("919876543210").about.conversation_id, conversation);
    EXPECT_NE(phones.chat("919876543211").about.conversation_id, conversation);
}

TEST(Chat, IsOpenForADayAfterTheCustomerWrote) {
    Contact contact;
    EXPECT_FALSE(Phones::window_open(contact, jwt_now));
    contact.last_inbound = jwt_now;
    EXPECT_TRUE(Phones::window_open(contact, jwt_now));
    EXPECT_TRUE(Phones::window_open(contact, jwt_now + 24h - 1s));
    EXPECT_FALSE(Phones::window_open(contact, jwt_now + 24h));
}

TEST(Chat, ShowsItsTicks) {
    Phones phones;
    phones.say(phones.chat("919876543210"), outbound("m"));
    phones.tick("919876543210", "m", Tick::sent, jwt_now + 1s);
    phones.tick("919876543210", "m", Tick::delivered, jwt_now + 2s);
    phones.tick("919876543210", "another", Tick::read, jwt_now);
    phones.tick("910000000000", "m", Tick::read, jwt_now);

    const auto message = phones.show("+91 98765 43210")->at("messages").at(0);
    EXPECT_EQ(message.at("sent_at"), to_rfc3339(jwt_now + 1s));
    EXPECT_EQ(message.at("delivered_at"), to_rfc3339(jwt_now + 2s));
    EXPECT_EQ(message.at("read_at"), Json{});
}

TEST(Chat, IsReadOnce) {
    Phones phones;
    auto& chat = phones.chat("919876543210");
    phones.say(chat, outbound("a"));
    phones.say(chat, outbound("b"));
    auto written = outbound("c");
    written.inbound = true;
    phones.say(chat, written);
    phones.tick("919876543210", "b", Tick::failed, jwt_now);

    const auto read = phones.read_all("919876543210", jwt_now);
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read.front().id, "a");
    EXPECT_TRUE(phones.read_all("919876543210", jwt_now).empty());
    EXPECT_TRUE(phones.read_all("910000000000", jwt_now).empty());
}

TEST(Calls, AreCountedByWhatTheyWereAbout) {
    Calls calls;
    for (const auto* ref : {"a", "b", "a"}) {
        auto& call = calls.begin(Provider::myoperator, "91", jwt_now);
        call.myop_ref_id = ref;
        call.status = 200;
    }
    calls.begin(Provider::fcm, "t", jwt_now);

    const auto all = calls.list({}, 10);
    EXPECT_EQ(all.at("by_ref"), (Json{{"a", 2}, {"b", 1}}));
    EXPECT_EQ(all.at("totals"), (Json{{"fcm", 1}, {"token", 0}, {"myoperator", 3}}));
    EXPECT_EQ(all.at("calls").at(3).at("status"), Json{});
    EXPECT_EQ(calls.list({{}, {}, "a"}, 10).at("count"), 2);
    EXPECT_EQ(calls.list({"fcm", {}, {}}, 10).at("count"), 1);
    EXPECT_EQ(calls.list({{}, "t", {}}, 10).at("count"), 1);
    EXPECT_EQ(calls.list({}, 1).at("calls").size(), 1U);
    EXPECT_EQ(calls.list({}, 1).at("calls").at(0).at("provider"), "fcm");
}

TEST(Calls, AreForgottenOldestFirst) {
    Calls calls;
    const auto first = calls.begin(Provider::fcm, "first", jwt_now).id;
    for (std::size_t i = 0; i < Calls::limit; ++i) calls.begin(Provider::fcm, "t", jwt_now);

    EXPECT_EQ(calls.find(first), nullptr);
    ASSERT_NE(calls.find(first + 1), nullptr);
    EXPECT_EQ(calls.find(first + 1)->id, first + 1);
    const auto all = calls.list({}, 0);
    EXPECT_EQ(all.at("count"), Calls::limit);
    EXPECT_EQ(all.at("totals").at("fcm"), Calls::limit + 1);
}

}  // namespace
}  // namespace carillon::sandbox
