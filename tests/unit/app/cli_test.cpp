#include "app/cli.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "http/jwt.hpp"

namespace carillon::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* signing_key = "0123456789abcdef0123456789abcdef";

struct Ran {
    int code;
    std::string out;
    std::string err;
};

// A terminal without a file, an environment of its own and a clock that stands still.
struct Terminal {
    config::Environment environment;
    std::map<std::string, std::string> files;
    Time now = parse_rfc3339("2026-11-21T07:30:00.5Z").value();

    Ran run(const std::vector<std::string>& arguments) const {
        std::ostringstream out, err;
        Shell shell{out, err};
        shell.sources.environment = environment;
        shell.sources.read_file = [this](const std::string& path) -> Result<std::string> {
            const auto found = files.find(path);
            if (found == files.end()) return Error{Failure::not_found, "No such file or directory"};
            return found->second;
        };
        shell.now = [this] { return now; };
        const int code = run_cli(arguments, shell);
        return {code, out.str(), err.str()};
    }
};

const std::vector<std::string> verbs{"serve",        "migrate", "verify-migrations", "token", "doctor",
                                     "check-config", "sandbox", "version",           "why"};

TEST(Cli, WithoutAVerbHelpIsShownAndNothingWasUnderstood) {
    const auto ran = Terminal{}.run({});
    EXPECT_EQ(ran.code, exit_usage);
    EXPECT_THAT(ran.out, IsEmpty());
    for (const auto& verb : verbs) EXPECT_THAT(ran.err, HasSubstr("\n  " + verb));
}

TEST(Cli, HelpIsAnAnswer) {
    for (const auto* flag : {"-h", "--help"}) {
        const auto ran = Terminal{}.run({flag});
        EXPECT_EQ(ran.code, exit_ok);
        EXPECT_THAT(ran.out, AllOf(HasSubstr("Usage: carillon"), HasSubstr("Exit codes")));
    }
}

TEST(Cli, EveryVerbHasHelpWithAnExample) {
    for (const auto& verb : verbs) {
        const auto ran = Terminal{}.run({verb, "--help"});
        EXPECT_EQ(ran.code, exit_ok) << verb;
        EXPECT_THAT(ran.out,
                    AllOf(HasSubstr("Usage: carillon " + verb), HasSubstr("Example:\n  carillon " + verb),
                          HasSubstr("--json"), HasSubstr("--config PATH")));
    }
}

struct Misuse {
    std::vector<std::string> arguments;
    const char* told;
};

TEST(Cli, WhatIsNotUnderstoodIsToldWithWhatWasMeant) {
    const Misuse rows[] = {
        {{"sevre"}, "unknown command sevre (did you mean serve?); see `carillon --help`"},
        {{"bananas"}, "unknown command bananas; see"},
        {{"version", "--jsn"}, "unknown option --jsn (did you mean --json?); see `carillon version --help`"},
        {{"version", "now"}, "unexpected argument now; see `carillon version --help`"},
        {{"--bogus"}, "unknown option --bogus; see `carillon --help`"},
        {{"token", "--role", "admin"}, "--user is required; see `carillon token --help`"},
        {{"token", "--user", "u", "--role", "admn"}, "--role: there is no role admn (did you mean admin?)"},
        {{"token", "--user", "u", "--role", "admin", "--ttl", "soon"}, "--ttl: must be a number and a unit"},
        {{"token", "--user", "u", "--role", "admin", "--ttl", "0s"}, "--ttl: must be more than nothing"},
        {{"token", "--user", std::string(129, 'u'), "--role", "admin"},
         "--user: must be 1 to 128 characters"},
        {{"migrate", "--to", "latest"}, "--to"},
        {{"why"}, "user is required; see `carillon why --help`"},
        {{"why", "ada"}, "event is required"},
        {{"doctor", "--days", "7"}, "--days requires --audit"},
        {{"doctor", "--audit", "--days", "0"}, "--days: "},
        {{"sandbox"}, "--account is required; see `carillon sandbox --help`"},
        {{"sandbox", "--account", ""}, "--account: must name a file"},
        {{"sandbox", "--account", "a", "--listen", "8001"}, "--listen: must be an address and a port"},
        {{"sandbox", "--account", "a", "--listen", "0.0.0.0:8001"}, "listens on loopback only"},
        {{"sandbox", "--account", "a", "--listen", "sandbox.example:8001"}, "listens on loopback only"},
        {{"sandbox", "--account", "a", "--webhook", "file:///etc"},
         "--webhook: must be an http or https URL"},
        {{"check-config", "--config"}, "--config"},
    };
    for (const auto& row : rows) {
        const auto ran = Terminal{}.run(row.arguments);
        EXPECT_EQ(ran.code, exit_usage) << row.told;
        EXPECT_THAT(ran.err, AllOf(StartsWith("carillon: "), HasSubstr(row.told)));
        EXPECT_THAT(ran.out, IsEmpty());
    }
}

TEST(Cli, WithJsonAMisuseIsJsonToo) {
    const auto ran = Terminal{}.run({"version", "--json", "--bogus"});
    EXPECT_EQ(ran.code, exit_usage);
    EXPECT_THAT(Json::parse(ran.out).at("error").get<std::string>(), HasSubstr("unknown option --bogus"));
}

TEST(Version, NamesWhatItIsMadeOf) {
    const auto ran = Terminal{}.run({"version", "--json"});
    const auto told = Json::parse(ran.out);
    EXPECT_EQ(ran.code, exit_ok);
    EXPECT_EQ(told.at("name"), "carillon");
    for (const auto* key : {"version", "compiler", "boost", "pqxx", "openssl"}) {
        EXPECT_FALSE(told.at(key).get<std::string>().empty()) << key;
    }
    EXPECT_TRUE(told.at("schema").is_number_unsigned());
}

TEST(Token, IsOneTheServerTakes) {
    Terminal terminal;
    terminal.environment = {{"AUTH_JWT_SECRET", signing_key}, {"CARILLON_AUTH_ISSUER", "us"}};

    const auto ran = terminal.run({"token", "--user", "alice", "--role", "admin", "--ttl", "15m", "--json"});

    ASSERT_EQ(ran.code, exit_ok) << ran.err;
    const auto told = Json::parse(ran.out);
    EXPECT_EQ(told.at("expires_at"), "2026-11-21T07:45:00Z");
    http::JwtSettings settings;
    settings.hs256_secret = Secret{signing_key};
    settings.issuer = "us";
    const auto claims =
        http::JwtVerifier::create(settings).value().verify(told.at("token").get<std::string>(), terminal.now);
    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->user, UserId{"alice"});
    EXPECT_EQ(claims->role, Role::admin);
    EXPECT_EQ(to_rfc3339(claims->expires), "2026-11-21T07:45:00Z");
}

TEST(Token, AloneOnItsLineByDefault) {
    Terminal terminal;
    terminal.environment = {{"AUTH_JWT_SECRET", signing_key}};
    const auto ran = terminal.run({"token", "--user", "alice", "--role", "admin"});
    EXPECT_THAT(ran.out, testing::MatchesRegex("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\n"));
}

TEST(Token, NeedsAKey) {
    const auto ran = Terminal{}.run({"token", "--user", "alice", "--role", "admin"});
    EXPECT_EQ(ran.code, exit_failed);
    EXPECT_THAT(ran.err, HasSubstr("auth.jwt_secret is not set (AUTH_JWT_SECRET)"));
}

Terminal configured() {
    Terminal terminal;
    terminal.environment = {{"AUTH_JWT_SECRET", signing_key},
                            {"DATABASE_URL", "postgres://app:hunter2@db/x"}};
    terminal.files["config/carillon.toml"] = "[http]\nbody_bytes = 2048\n";
    return terminal;
}

TEST(CheckConfig, ShowsEachValueAndWhereItComesFrom) {
    const auto ran = configured().run({"check-config"});
    EXPECT_EQ(ran.code, exit_ok) << ran.err;
    EXPECT_THAT(ran.out, testing::ContainsRegex("\nhttp\\.body_bytes +2048 +config/carillon\\.toml:2\n"));
    EXPECT_THAT(ran.out,
                testing::ContainsRegex("\nauth\\.jwt_secret +\\*\\*\\* +environment AUTH_JWT_SECRET\n"));
    EXPECT_THAT(ran.out,
                testing::ContainsRegex("\ndatabase\\.url +postgres://app:\\*\\*\\*@db/x +environment"));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("hunter2")));
}

TEST(CheckConfig, IsTypedAsJson) {
    const auto ran = configured().run({"check-config", "--json"});
    const auto list = Json::parse(ran.out);
    EXPECT_THAT(list,
                testing::Contains(
                    Json{{"key", "http.body_bytes"}, {"value", 2048}, {"origin", "config/carillon.toml:2"}}));
    EXPECT_THAT(list, testing::Contains(
                          Json{{"key", "pusher.app_secret"}, {"value", nullptr}, {"origin", "default"}}));
    EXPECT_THAT(ran.out, testing::Not(HasSubstr("hunter2")));
}

TEST(CheckConfig, TellsAllMistakes) {
    auto terminal = configured();
    terminal.files["config/carillon.toml"] = "[http]\nbody_byte = 2048\nidle_seconds = 0\n";

    const auto ran = terminal.run({"check-config"});
    EXPECT_EQ(ran.code, exit_failed);
    EXPECT_EQ(ran.err,
              "carillon: 2 mistakes in the configuration:\n"
              "  config/carillon.toml:2:1: unknown key http.body_byte (did you mean http.body_bytes?)\n"
              "  config/carillon.toml:3:1: http.idle_seconds: expected an integer from 1 to 3600, got the "
              "number 0\n");

    const auto json = Json::parse(terminal.run({"check-config", "--json"}).out);
    EXPECT_EQ(json.at("mistakes").at(1).at("place"), "config/carillon.toml:3:1");
}

TEST(Config, AFileThatWasNamedMustExist) {
    const auto terminal = configured();
    const auto before = terminal.run({"--config", "gone.toml", "check-config"});
    const auto behind = terminal.run({"check-config", "--config", "gone.toml"});
    for (const auto& ran : {before, behind}) {
        EXPECT_EQ(ran.code, exit_failed);
        EXPECT_THAT(ran.err, HasSubstr("gone.toml: cannot be read: No such file or directory"));
    }
}

TEST(Serve, DoesNotStartOnAMistake) {
    Terminal terminal;
    terminal.environment = {{"CARILLON_AUTH_MODE", "development"},
                            {"CARILLON_SERVER_LISTEN", "0.0.0.0:8000"}};
    const auto ran = terminal.run({"serve"});
    EXPECT_EQ(ran.code, exit_failed);
    EXPECT_THAT(ran.err, HasSubstr("server.listen has 0.0.0.0:8000"));
}

TEST(Migrate, NeedsADatabase) {
    const auto ran = Terminal{}.run({"migrate"});
    EXPECT_EQ(ran.code, exit_failed);
    EXPECT_THAT(ran.err, HasSubstr("database.url is not set"));
}

TEST(Migrate, TellsThatTheDatabaseIsAwayWithoutThePassword) {
    Terminal terminal;
    terminal.environment = {{"DATABASE_URL", "postgres://app:hunter2@127.0.0.1:1/x"}};
    const std::vector<std::string> lines[] = {
        {"migrate"}, {"verify-migrations"}, {"doctor"}, {"doctor", "--audit"}, {"why", "ada", "evt_1"}};
    for (const auto& line : lines) {
        const auto ran = terminal.run(line);
        EXPECT_EQ(ran.code, exit_failed);
        EXPECT_THAT(ran.out + ran.err, AllOf(HasSubstr("127.0.0.1"), testing::Not(HasSubstr("hunter2"))));
    }
}

}  // namespace
}  // namespace carillon::app
