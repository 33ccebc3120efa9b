#include "notify/policy.hpp"

#include <gmock/gmock.h>

#include <string>

namespace carillon::notify {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Unless = Step::Unless;

const PolicyNames known{{"push", "whatsapp", "web_chat"}, {}};

Policy parse(const std::string& text) {
    auto parsed = parse_policy(text, "routing.toml", known);
    if (!parsed) {
        for (const auto& fault : parsed.error().fields) ADD_FAILURE() << fault.field << ' ' << fault.message;
    }
    return std::move(parsed).value();
}

// One route that tells the customer, with these lines more.
Route route_with(const std::string& lines) {
    return parse("[[route]]\nevent = \"a.b\"\nto = \"customer_id\"\ntemplate = \"t\"\n" + lines)
        .routes()
        .at(0);
}

TEST(Policy, ReadsEveryKey) {
    const auto policy = parse(R"toml(
        # who is told of a lead
        [[route]]
        event = "lead.created"
        to = "salesperson_id"
        mode = "first"
        channels = ["push", "whatsapp"]
        template = "new_lead"
        feed = "lead_update"
        urgent = true
        expires = "1h"
        delay = "30s"
    )toml");

    ASSERT_THAT(policy.routes(), SizeIs(1));
    const auto& route = policy.routes()[0];
    EXPECT_EQ(route.name, "lead.created to salesperson_id");
    EXPECT_EQ(route.event, "lead.created");
    EXPECT_EQ(route.to.path, "salesperson_id");
    EXPECT_EQ(route.mode, Mode::first);
    ASSERT_THAT(route.steps, SizeIs(2));
    EXPECT_EQ(route.steps[0].channel, "push");
    EXPECT_EQ(route.steps[1].channel, "whatsapp");
    EXPECT_EQ(route.template_type, "new_lead");
    EXPECT_EQ(route.feed, "lead_update");
    EXPECT_TRUE(route.urgent);
    EXPECT_FALSE(route.chatty);
    EXPECT_EQ(route.expires, 1h);
    EXPECT_EQ(route.delay, 30s);
    EXPECT_EQ(route.line, 3);
}

TEST(Policy, HasSensibleDefaults) {
    const auto route = route_with("channels = [\"push\"]");

    EXPECT_EQ(route.mode, Mode::all);
    EXPECT_EQ(route.steps[0].after, 0s);
    EXPECT_EQ(route.steps[0].unless, Unless::never);
    EXPECT_EQ(route.steps[0].template_type, "");
    EXPECT_EQ(route.feed, "");
    EXPECT_FALSE(route.urgent);
    EXPECT_FALSE(route.chatty);
    EXPECT_EQ(route.expires, std::nullopt);
    EXPECT_EQ(route.delay, 0s);
}

TEST(Policy, MayTellEverybodyOfARole) {
    const auto policy = parse(R"toml(
        [[route]]
        event = "product.launched"
        to = {role = "customer", area = "shop.area"}
        feed = "notification"
        [[route]]
        event = "product.launched"
        to = {role = "admin"}
        feed = "notification"
    )toml");

    EXPECT_EQ(policy.routes()[0].to.role, "customer");
    EXPECT_EQ(policy.routes()[0].to.area_path, "shop.area");
    EXPECT_EQ(policy.routes()[0].name, "product.launched to every customer in shop.area");
    EXPECT_EQ(policy.routes()[1].to.area_path, "");
    EXPECT_EQ(policy.routes()[1].name, "product.launched to every admin");
}

TEST(Policy, GivesEachChannelItsTimeUnlessAcked) {
    const auto steps =
        route_with("mode = \"unless_acked\"\nchannels = [\"web_chat\", \"push\", \"whatsapp\"]").steps;

    ASSERT_THAT(steps, SizeIs(3));
    EXPECT_EQ(steps[0].after, 0s);
    EXPECT_EQ(steps[0].unless, Unless::never);
    EXPECT_EQ(steps[1].after, 5s);
    EXPECT_EQ(steps[1].unless, Unless::acked);
    EXPECT_EQ(steps[2].after, 10min);
    EXPECT_EQ(steps[2].unless, Unless::read);
}

TEST(Policy, TakesStepsAsTheyAreWritten) {
    const auto steps = route_with(R"toml(
        mode = "unless_acked"
        steps = [{channel = "web_chat"},
                 {channel = "push", after = "20s"},
                 {channel = "whatsapp", after = "1h", unless = "read", template = "short"}]
    )toml")
                           .steps;

    ASSERT_THAT(steps, SizeIs(3));
    EXPECT_EQ(steps[0].unless, Unless::never);
    EXPECT_EQ(steps[1].after, 20s);
    EXPECT_EQ(steps[1].unless, Unless::acked);
    EXPECT_EQ(steps[2].after, 1h);
    EXPECT_EQ(steps[2].unless, Unless::read);
    EXPECT_EQ(steps[2].template_type, "short");
}

TEST(Policy, TakesStepsWrittenAsTables) {
    const auto route =
        route_with("[[route.steps]]\nchannel = \"push\"\n[[route.steps]]\nchannel = \"whatsapp\"");

    ASSERT_THAT(route.steps, SizeIs(2));
    EXPECT_EQ(route.steps[1].channel, "whatsapp");
}

TEST(Policy, NeedsNoTemplateWhenEachStepHasItsOwn) {
    const auto policy = parse(R"toml(
        [[route]]
        event = "a.b"
        to = "customer_id"
        steps = [{channel = "push", template = "short"}, {channel = "whatsapp", template = "long"}]
    )toml");

    EXPECT_EQ(policy.routes()[0].steps[0].template_type, "short");
}

TEST(Policy, NeedsNoChannelForTheFeed) {
    const auto policy = parse("[[route]]\nevent = \"a.b\"\nto = \"actor\"\nfeed = \"notification\"");

    EXPECT_THAT(policy.routes()[0].steps, IsEmpty());
}

TEST(Policy, FindsTheRoutesOfAnEventInTheirOrder) {
    const auto route = [](const std::string& event, const std::string& to) {
        return "[[route]]\nevent = \"" + event + "\"\nto = \"" + to + "\"\nfeed = \"notification\"\n";
    };
    // Moved, because a reload does that.
    auto first = parse(route("a.b", "z") + route("c.d", "x") + route("a.b", "y"));
    const auto policy = std::move(first);

    const auto found = policy.routes_for("a.b");

    ASSERT_THAT(found, SizeIs(2));
    EXPECT_EQ(found[0]->to.path, "z");
    EXPECT_EQ(found[1]->to.path, "y");
    EXPECT_EQ(found[1], &policy.routes()[2]);
    EXPECT_THAT(policy.routes_for("a.c"), IsEmpty());
}

TEST(Policy, ChecksTemplatesWhereTheyAreKnown) {
    const PolicyNames with_templates{known.channels, {"new_lead", "new_message"}};
    const auto text = [](const std::string& name) {
        return "[[route]]\nevent = \"a.b\"\nto = \"actor\"\nchannels = [\"push\"]\ntemplate = \"" + name +
               '"';
    };

    EXPECT_TRUE(parse_policy(text("new_lead"), "routing.toml", with_templates));
    const auto wrong = parse_policy(text("new_led"), "routing.toml", with_templates);
    ASSERT_FALSE(wrong);
    ASSERT_THAT(wrong.error().fields, SizeIs(1));
    EXPECT_EQ(wrong.error().fields[0].message, "unknown template \"new_led\" (did you mean new_lead?)");
}

TEST(Policy, NamesItsModes) {
    EXPECT_EQ(name_of(Mode::all), "all");
    EXPECT_EQ(name_of(Mode::first), "first");
    EXPECT_EQ(name_of(Mode::unless_acked), "unless_acked");
    EXPECT_EQ(name_of(Unless::never), "never");
    EXPECT_EQ(name_of(Unless::acked), "acked");
    EXPECT_EQ(name_of(Unless::read), "read");
}

}  // namespace
}  // namespace carillon::notify
