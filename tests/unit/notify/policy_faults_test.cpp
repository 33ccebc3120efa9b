// Every mistake that can be made in config/routing.toml, and what the person who made it is told.
#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <vector>

#include "notify/policy.hpp"

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "12:3 message", one a fault.
std::vector<std::string> faults_of(const std::string& text) {
    const PolicyNames known{{"push", "whatsapp", "web_chat"}, {}};
    const auto parsed = parse_policy(text, "routing.toml", known);
    std::vector<std::string> faults;
    if (parsed) return faults;
    for (const auto& [field, message] : parsed.error().fields) {
        EXPECT_TRUE(field.starts_with("routing.toml:")) << field;
        faults.push_back(field.substr(field.find(':') + 1) + ' ' + message);
    }
    return faults;
}

struct Mistake {
    std::string name;
    std::string lines;  // of a route that is complete without them; the first is line 5
    std::string told;
};

const std::string complete = "[[route]]\nevent = \"a.b\"\nto = \"customer_id\"\ntemplate = \"t\"\n";
const std::string steps_wanted = "a list of steps such as [{channel = \"push\", after = \"5s\"}]";
const std::string duration_wanted =
    "a number and a unit in quotes, such as \"30s\", \"15m\", \"1h\" or \"7d\"";

void PrintTo(const Mistake& mistake, std::ostream* out) {
    *out << mistake.lines;
}

std::vector<Mistake> mistakes() {
    const auto steps = [](const std::string& list) { return "mode = \"unless_acked\"\nsteps = " + list; };
    return {
        {"misspelt_key", "chanels = [\"push\"]\nfeed = \"notification\"",
         "5:1 unknown key chanels (did you mean channels?)"},
        {"unknown_key", "colour = 1\nfeed = \"notification\"",
         "5:1 unknown key colour: expected event, to, mode, channels, steps, template, feed, urgent, chatty, "
         "expires or delay"},
        {"misspelt_channel", "channels = [\"push\", \"watsapp\"]",
         "5:21 unknown channel \"watsapp\" (did you mean whatsapp?)"},
        {"unknown_channel", "channels = [\"fax\"]",
         "5:13 unknown channel \"fax\": expected push, whatsapp or web_chat"},
        {"channel_without_a_name", "channels = [\"\"]",
         "5:13 unknown channel \"\": expected push, whatsapp or web_chat"},
        {"no_channel", "channels = []",
         "5:12 channels: expected a list of channels such as [\"push\"], got an empty list"},
        {"channels_as_text", "channels = \"push\"",
         "5:12 channels: expected a list of channels such as [\"push\"], got \"push\""},
        {"channel_as_number", "channels = [1]",
         "5:13 channels: expected the name of a channel, got a number"},
        {"channel_twice", "channels = [\"push\", \"push\"]",
         "5:21 channel \"push\" stands twice in one route"},
        {"channel_twice_in_steps", steps("[{channel = \"push\"}, {channel = \"push\"}]"),
         "6:41 channel \"push\" stands twice in one route"},
        {"misspelt_mode", "mode = \"unles_acked\"\nfeed = \"notification\"",
         "5:8 mode: expected all, first or unless_acked, got \"unles_acked\" (did you mean unless_acked?)"},
        {"mode_as_flag", "mode = true\nfeed = \"notification\"", "5:8 mode: expected text, got true"},
        {"unknown_feed", "feed = \"notifications\"",
         "5:8 feed: expected lead_update, conversation_update, notification or lead.distributed, got "
         "\"notifications\" (did you mean notification?)"},
        {"urgent_as_text", "urgent = \"yes\"\nfeed = \"notification\"",
         "5:10 urgent: expected true or false, got \"yes\""},
        {"duration_without_unit", "expires = \"60\"\nfeed = \"notification\"",
         "5:11 expires: expected " + duration_wanted + ", got \"60\""},
        {"duration_as_number", "delay = 60\nfeed = \"notification\"",
         "5:9 delay: expected " + duration_wanted + ", got a number"},
        {"duration_as_time", "delay = 07:30:00\nfeed = \"notification\"",
         "5:9 delay: expected " + duration_wanted + ", got a date or a time"},
        {"expired_before_it_is_due", "expires = \"1m\"\ndelay = \"1m\"\nfeed = \"notification\"",
         "5:11 expires: expected more than the 60s that the last step waits, got 60s"},
        {"expired_before_the_last_step",
         "expires = \"5m\"\n" + steps("[{channel = \"push\", after = \"5m\"}]"),
         "5:11 expires: expected more than the 300s that the last step waits, got 300s"},
        {"expired_at_once", "expires = \"0s\"\nfeed = \"notification\"",
         "5:11 expires: expected more than the 0s that the last step waits, got 0s"},
        {"urgent_and_chatty", "urgent = true\nchatty = true\nfeed = \"notification\"",
         "6:10 chatty: what is urgent is never gathered into a digest"},
        {"steps_and_channels", "channels = [\"push\"]\nsteps = [{channel = \"whatsapp\"}]",
         "6:9 steps: expected either steps or channels, got both"},
        {"no_step", "steps = []", "5:9 steps: expected " + steps_wanted + ", got an empty list"},
        {"steps_as_table", "steps = {channel = \"push\"}",
         "5:9 steps: expected " + steps_wanted + ", got a table"},
        {"step_as_text", "steps = [\"push\"]",
         "5:10 steps: expected a step such as {channel = \"push\", after = \"5s\"}, got \"push\""},
        {"step_without_channel", steps("[{after = \"5s\"}]"), "6:10 missing channel"},
        {"step_with_a_misspelt_key", steps("[{channel = \"push\", afer = \"5s\"}]"),
         "6:29 unknown key afer (did you mean after?)"},
        {"step_with_an_unknown_condition", steps("[{channel = \"push\", unless = \"seen\"}]"),
         "6:38 unless: expected never, acked or read, got \"seen\""},
        {"step_that_waits_in_another_mode",
         "mode = \"first\"\nsteps = [{channel = \"push\", after = \"5s\"}]",
         "6:37 after: expected in mode unless_acked only, got it in mode first"},
        {"step_that_asks_in_another_mode", "steps = [{channel = \"push\", unless = \"read\"}]",
         "5:38 unless: expected in mode unless_acked only, got it in mode all"},
        {"nobody_told", "", "1:1 tells nobody: expected channels, steps or feed"},
    };
}

class Told : public testing::TestWithParam<Mistake> {};

TEST_P(Told, WithItsPlace) {
    EXPECT_THAT(faults_of(complete + GetParam().lines), ElementsAre(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(PolicyFaults, Told, testing::ValuesIn(mistakes()),
                         [](const auto& mistake) { return mistake.param.name; });

std::vector<std::string> faults_of_audience(const std::string& to) {
    return faults_of("[[route]]\nevent = \"a.b\"\nfeed = \"notification\"\nto = " + to);
}

TEST(PolicyFaults, TellWhoIsToldByAnAudienceThatMakesNoSense) {
    EXPECT_THAT(faults_of_audience("5"), ElementsAre("4:6 to: expected a path such as \"customer_id\", or "
                                                     "{role = \"customer\", area = \"area\"}, got a number"));
    EXPECT_THAT(faults_of_audience("\"customer..id\""),
                ElementsAre("4:6 to: expected words with dots between them, such as customer_id or "
                            "customer.id, got \"customer..id\""));
    EXPECT_THAT(faults_of_audience("{area = \"area\"}"), ElementsAre("4:6 missing role"));
    EXPECT_THAT(faults_of_audience("{role = \"costumer\"}"),
                ElementsAre(testing::EndsWith("got \"costumer\" (did you mean customer?)")));
    EXPECT_THAT(faults_of_audience("{role = \"admin\", ara = \"a\"}"),
                ElementsAre("4:23 unknown key ara (did you mean area?)"));
}

TEST(PolicyFaults, TellWhatIsMissing) {
    EXPECT_THAT(faults_of("[[route]]\nchannels = [\"push\"]"),
                ElementsAre("1:1 missing event", "1:1 missing to",
                            "1:1 missing template: a message needs its words"));
    EXPECT_THAT(faults_of("[[route]]\nevent = \"\"\nto = \"\"\nfeed = \"notification\""),
                ElementsAre("2:9 event: expected text, got \"\"", "3:6 to: expected text, got \"\""));
    EXPECT_THAT(faults_of("[[route]]\nevent = \"lead created\"\nto = \"a\"\nfeed = \"notification\""),
                ElementsAre("2:9 event: expected words with dots between them, such as lead.created, got "
                            "\"lead created\""));
}

TEST(PolicyFaults, TellOfTwoRoutesForOneEventAndAudience) {
    const auto route = complete + "feed = \"notification\"\n";

    EXPECT_THAT(faults_of(route + route),
                ElementsAre("6:1 the route a.b to customer_id stands at line 1 already"));
    EXPECT_THAT(faults_of(route + "[[route]]\nevent = \"a.b\"\nto = \"actor\"\nfeed = \"notification\"\n"),
                testing::IsEmpty());
}

TEST(PolicyFaults, TellOfAllAtOnceInTheOrderOfTheFile) {
    const auto faults =
        faults_of(complete + "urgent = 1\nmode = \"last\"\nchannels = [\"pusj\"]\n[[rout]]\n");

    ASSERT_EQ(faults.size(), 4u);
    EXPECT_THAT(faults[0], testing::StartsWith("5:10 urgent"));
    EXPECT_THAT(faults[1], testing::StartsWith("6:8 mode"));
    EXPECT_THAT(faults[2], testing::StartsWith("7:13 unknown channel"));
    EXPECT_THAT(faults[3], testing::StartsWith("8:3 unknown key rout (did you mean route?)"));
}

TEST(PolicyFaults, CountThemselves) {
    const PolicyNames known{{"push"}, {}};

    const auto error = parse_policy("colour = 1", "config/routing.toml", known).error();

    EXPECT_EQ(error.failure, Failure::invalid);
    EXPECT_EQ(error.detail, "config/routing.toml has 2 faults");
    EXPECT_EQ(parse_policy("", "routing.toml", known).error().detail, "routing.toml has 1 fault");
}

TEST(PolicyFaults, TellOfAFileThatIsNoPolicy) {
    EXPECT_THAT(faults_of(""), ElementsAre(HasSubstr("expected at least one [[route]]")));
    EXPECT_THAT(faults_of("[route]\nevent = \"a.b\""),
                ElementsAre("1:1 route: expected tables, each under [[route]], got a table"));
    EXPECT_THAT(faults_of("[[route]]\nevent = a.b"), ElementsAre(testing::StartsWith("2:9 not TOML: ")));
    EXPECT_THAT(faults_of("[[route]]\nevent = \"a\"\nevent = \"b\""), ElementsAre(HasSubstr("not TOML: ")));
}

}  // namespace
}  // namespace carillon::notify
