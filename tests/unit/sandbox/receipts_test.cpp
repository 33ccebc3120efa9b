#include "sandbox/receipts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "support/unit_sandbox.hpp"

namespace carillon::sandbox {
namespace {

using namespace std::chrono_literals;
using test::jwt_now;
using test::SandboxBench;
using testing::ElementsAre;

Outgoing message() {
    Outgoing outgoing;
    outgoing.number = "919876543210";
    outgoing.contact = {"conversation-1", "company-1", "100200300400500", std::nullopt};
    outgoing.message_id = "message-1";
    outgoing.myop_ref_id = "dlv_1";
    outgoing.type = "template";
    return outgoing;
}

std::vector<Receipt> script_of(const ReceiptBehaviour& behaviour, const Outgoing& outgoing = message()) {
    return EventMaker{}.script(outgoing, behaviour, jwt_now);
}

// The statuses in their order, each as often as it is posted.
std::vector<std::string> posted(const std::vector<Receipt>& script) {
    std::vector<std::string> list;
    for (const auto& receipt : script)
        for (int i = 0; i < receipt.copies; ++i)
            list.push_back(receipt.event.at("event_type").get<std::string>().substr(8));
    return list;
}

TEST(Script, IsSentThenDelivered) {
    EXPECT_THAT(posted(script_of({})), ElementsAre("sent", "delivered"));
}

TEST(Script, IsPlayedInManyWays) {
    ReceiptBehaviour behaviour;
    behaviour.mode = ReceiptMode::auto_read;
    EXPECT_THAT(posted(script_of(behaviour)), ElementsAre("sent", "delivered", "read"));
    behaviour.drop_delivered = true;
    EXPECT_THAT(posted(script_of(behaviour)), ElementsAre("sent", "read"));
    behaviour.duplicates = true;
    EXPECT_THAT(posted(script_of(behaviour)), ElementsAre("sent", "sent", "read", "read"));
    behaviour = {};
    behaviour.reversed = true;
    EXPECT_THAT(posted(script_of(behaviour)), ElementsAre("delivered", "sent"));
    behaviour = {};
    behaviour.unknown_kinds = true;
    EXPECT_THAT(posted(script_of(behaviour)), ElementsAre("sent", "link_clicked", "delivered"));
    behaviour.mode = ReceiptMode::none;
    EXPECT_TRUE(script_of(behaviour).empty());
}

TEST(Script, OfAFailureEndsThere) {
    auto outgoing = message();
    outgoing.failure = 131047;
    const auto script = script_of({}, outgoing);

    EXPECT_THAT(posted(script), ElementsAre("failed"));
    EXPECT_EQ(script.front().event.at("payload").at("errors").at(0).at("code"), 131047);
}

TEST(Event, HasTheTwelveFields) {
    const auto event = script_of({}).front().event;

    EXPECT_EQ(event.size(), 12U);
    auto known = event;
    known.erase("event_id");
    EXPECT_EQ(known, Json::parse(R"({"company_id":"company-1","event_type":"message.sent","event_sequence":1,
        "event_version":1,"timestamp":"2026-11-21T12:00:00.050Z","channel":"whatsapp","direction":"outgoing",
        "session_id":"conversation-1","system_identifier":"100200300400500",
        "customer_identifier":"919876543210",
        "payload":{"id":"message-1","status":"sent","myop_ref_id":"dlv_1","data":{"type":"template"}}})"));
}

TEST(Event, MayHaveNineDigitsInItsTimeAndNoReference) {
    EventMaker maker;
    ReceiptBehaviour behaviour;
    behaviour.null_myop_ref_id = true;
    std::vector<std::string> times;
    for (int i = 0; i < 2; ++i)
        for (const auto& receipt : maker.script(message(), behaviour, jwt_now)) {
            times.push_back(receipt.event.at("timestamp"));
            EXPECT_EQ(receipt.event.at("payload").at("myop_ref_id"), Json{});
        }

    EXPECT_THAT(times, ElementsAre("2026-11-21T12:00:00.050Z", "2026-11-21T12:00:00.100Z",
                                   "2026-11-21T12:00:00.050000003Z", "2026-11-21T12:00:00.100Z"));
}

TEST(Receipts, GoToTheWebhookWithItsKey) {
    SandboxBench bench;
    const auto answer = test::body_of(bench.whatsapp(test::template_to("9876543210")));
    const auto events = bench.receipts();

    ASSERT_EQ(events.size(), 2U);
    EXPECT_EQ(events[0].at("event_type"), "message.sent");
    EXPECT_EQ(events[1].at("event_type"), "message.delivered");
    EXPECT_EQ(events[0].at("payload").at("id"), answer.at("data").at("message_id"));
    EXPECT_EQ(events[0].at("session_id"), answer.at("data").at("conversation_id"));
    EXPECT_EQ(bench.calls[0].url, "http://127.0.0.1:1/webhook");
    EXPECT_EQ(bench.calls[0].headers.back(),
              (std::pair<std::string, std::string>{"X-API-Key", "webhook-key"}));
    const auto shown = bench.get_json("/sandbox/phones/919876543210").at("messages").at(0);
    EXPECT_NE(shown.at("delivered_at"), Json{});
    EXPECT_EQ(shown.at("read_at"), Json{});
}

TEST(Receipts, AreTriedAgainAndInTheEndGivenUp) {
    SandboxBench bench;
    bench.webhook_answers = {503, 0, 200, 500, 500, 500, 500, 500};
    bench.whatsapp(test::template_to("9876543210"));
    const auto events = bench.receipts();

    ASSERT_EQ(events.size(), 8U);
    EXPECT_EQ(events[0], events[2]);
    EXPECT_EQ(events[3], events[7]);
    EXPECT_EQ(bench.get_json("/sandbox/receipts"),
              (Json{{"under_way", 0}, {"taken", 1}, {"retried", 6}, {"given_up", 1}, {"dropped", 0}}));
}

TEST(Receipts, ComeForWhatTheCustomerReads) {
    SandboxBench bench;
    bench.whatsapp(test::template_to("9876543210"));
    bench.receipts();

    EXPECT_EQ(test::body_of(bench.post("/sandbox/phones/919876543210/read", {})).at("read"), 1);
    EXPECT_EQ(test::body_of(bench.post("/sandbox/phones/919876543210/read", {})).at("read"), 0);
    EXPECT_EQ(bench.receipts().back().at("event_type"), "message.read");
}

TEST(Receipts, TellWhatTheCustomerWrites) {
    SandboxBench bench;
    const auto said = bench.post("/sandbox/phones/+91 98765 43210/reply", {{"text", "STOP"}});
    const auto event = bench.receipts().back();

    EXPECT_EQ(said.status, 201);
    EXPECT_EQ(event.at("event_type"), "message.received");
    EXPECT_EQ(event.at("direction"), "incoming");
    EXPECT_EQ(event.at("customer_identifier"), "919876543210");
    EXPECT_EQ(event.at("payload"), (Json{{"id", test::body_of(said).at("id")},
                                         {"status", "received"},
                                         {"data", {{"type", "text"}, {"context", {{"body", "STOP"}}}}}}));
}

TEST(Receipts, AreNotSentWithoutAWebhook) {
    auto behaviour = SandboxBench::quick();
    behaviour.receipts.url.clear();
    SandboxBench bench{behaviour};
    bench.whatsapp(test::template_to("9876543210"));

    EXPECT_TRUE(bench.receipts().empty());
    EXPECT_NE(bench.get_json("/sandbox/phones/919876543210").at("messages").at(0).at("sent_at"), Json{});
}

TEST(Receipts, AreBounded) {
    asio::io_context io;
    Pauses pauses;
    Phones phones;
    const auto behaviour = SandboxBench::quick();
    int posts = 0;
    Receipts receipts{io.get_executor(),
                      pauses,
                      [] { return jwt_now; },
                      phones,
                      behaviour,
                      [&posts](outbound::Call) -> asio::awaitable<int> {
                          ++posts;
                          co_return 200;
                      },
                      2};
    for (int i = 0; i < 3; ++i) receipts.follow(message());
    EXPECT_EQ(receipts.numbers().under_way, 2U);
    EXPECT_EQ(receipts.numbers().dropped, 1U);
    io.run();

    EXPECT_EQ(posts, 4);
    EXPECT_EQ(receipts.numbers().under_way, 0U);
}

TEST(Receipts, EndWhenTheSandboxStops) {
    asio::io_context io;
    Pauses pauses;
    Phones phones;
    auto behaviour = SandboxBench::quick();
    behaviour.receipts.delay = 1h;
    Receipts receipts{io.get_executor(), pauses, [] { return jwt_now; }, phones, behaviour, nullptr};
    receipts.follow(message());
    io.poll();
    EXPECT_EQ(receipts.numbers().under_way, 1U);
    pauses.stop();
    io.run();

    EXPECT_EQ(receipts.numbers().under_way, 0U);
}

}  // namespace
}  // namespace carillon::sandbox
