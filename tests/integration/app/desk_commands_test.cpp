// `carillon why` and `carillon doctor --audit` against a database.
#include <sstream>

#include "app/cli.hpp"
#include "integration/notify/desk_fixture.hpp"

namespace carillon::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Ran {
    int code;
    std::string out;
    std::string err;
};

class DeskCommandsTest : public notify::DeskTest {
protected:
    static Ran carillon(const std::vector<std::string>& arguments, const std::string& url = own().url()) {
        std::ostringstream out, err;
        Shell shell{out, err};
        shell.sources.environment = {{"DATABASE_URL", url}};
        shell.sources.read_file = [](const std::string&) -> Result<std::string> {
            return Error{Failure::not_found, "No such file or directory"};
        };
        shell.now = clock();
        const int code = run_cli(arguments, shell);
        return {code, out.str(), err.str()};
    }
    void an_event_that_ada_was_told() {
        add_user("ada", {{"phone", "+237691924173"}});
        add_event(event);
        add_plan(event, 1, 0);
        add_message(message_id(990), {{"event_id", event}, {"user_id", "ada"}, {"sent_at", text(now())}});
        add_attempt(message_id(990), 1);
    }

    const std::string event = event_id(990);
};

TEST_F(DeskCommandsTest, WhyTellsInSentences) {
    an_event_that_ada_was_told();

    const auto ran = carillon({"why", "+237691924173", event});

    EXPECT_EQ(ran.code, exit_ok) << ran.err;
    EXPECT_THAT(ran.out, AllOf(HasSubstr("was accepted at"), HasSubstr("whatsapp (msg_"),
                               HasSubstr("sent at 2026-11-21T07:30:00Z. The provider took it.\n")));
}

TEST_F(DeskCommandsTest, WhyIsDataWithJson) {
    an_event_that_ada_was_told();

    const auto told = Json::parse(carillon({"why", "ada", event, "--json"}).out);

    EXPECT_EQ(told.at("verdict"), "told");
    EXPECT_EQ(told.at("channels").at(0).at("status"), "sent");
}

TEST_F(DeskCommandsTest, WhyFailsOnWhatIsUnknown) {
    add_user("ada");
    const auto ran = carillon({"why", "ada", "evt_none"});
    EXPECT_EQ(ran.code, exit_failed);
    EXPECT_THAT(ran.out, HasSubstr("There is no event evt_none"));
}

TEST_F(DeskCommandsTest, AnAuditOfWhatIsInOrderSucceeds) {
    an_event_that_ada_was_told();

    const auto ran = carillon({"doctor", "--audit"});

    EXPECT_EQ(ran.code, exit_ok) << ran.out << ran.err;
    EXPECT_THAT(ran.out,
                AllOf(HasSubstr("ok  event_lost"),
                      HasSubstr("\n1 event and 1 message since 2026-10-22T07:30:00Z: 0 findings\n")));
}

TEST_F(DeskCommandsTest, AnAuditThatFindsSomethingFailsAndShowsIt) {
    an_event_that_ada_was_told();
    own().query("DELETE FROM event_plans");

    const auto ran = carillon({"doctor", "--audit"});
    EXPECT_EQ(ran.code, exit_failed);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("fail  event_lost"), HasSubstr(event + ": order.created")));

    const auto told = Json::parse(carillon({"doctor", "--audit", "--days", "3", "--json"}).out);
    EXPECT_EQ(told.at("total"), 2);
    EXPECT_EQ(told.at("checks").at(0).at("findings").at(0).at("event_id"), event);
}

TEST_F(DeskCommandsTest, WithoutItsTablesTheMendIsTold) {
    const test::TestDatabase empty{test::TestDatabase::Start::empty};
    for (const auto& line : {std::vector<std::string>{"why", "ada", "evt_1"}, {"doctor", "--audit"}}) {
        const auto ran = carillon(line, empty.url());
        EXPECT_EQ(ran.code, exit_failed);
        EXPECT_THAT(ran.err, HasSubstr("carillon migrate"));
    }
}

}  // namespace
}  // namespace carillon::app
