#include "config/load.hpp"

#include <gmock/gmock.h>

#include "unit/config/outside.hpp"

namespace carillon::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Load, NothingGivenIsAllDefaults) {
    const auto loaded = Outside{}.load().value();

    EXPECT_EQ(loaded.config.http.body_bytes, 1048576u);
    EXPECT_THAT(loaded.config.server.listen, ElementsAre(Endpoint{"127.0.0.1", 8000}));
    for (const auto& setting : loaded.settings) EXPECT_EQ(setting.origin, "default") << setting.key;
}

TEST(Load, ReadsEveryKindFromTheFile) {
    const auto config = Outside{}
                            .with_toml(R"(
[server]
listen = ["0.0.0.0:80", "[::1]:0"]
reuse_port = true
shutdown_seconds = 5
[tls]
min_version = "1.3"
[[tls.certificates]]
cert = "a.pem"
key = "a.key"
[log]
level = "debug"
format = "human"
)")
                            .config();

    EXPECT_THAT(config.server.listen, ElementsAre(Endpoint{"0.0.0.0", 80}, Endpoint{"::1", 0}));
    EXPECT_TRUE(config.server.reuse_port);
    EXPECT_EQ(config.server.shutdown_seconds, std::chrono::seconds{5});
    EXPECT_EQ(config.tls.min_version, TlsVersion::tls_1_3);
    ASSERT_EQ(config.tls.certificates.size(), 1u);
    EXPECT_EQ(config.tls.certificates[0].key, "a.key");
    EXPECT_EQ(config.log.level, log::Level::debug);
    EXPECT_EQ(config.log.format, log::Format::human);
}

TEST(Load, ReadsEveryKindFromTheEnvironment) {
    const auto config = Outside{}
                            .with("CARILLON_SERVER_LISTEN", "0.0.0.0:80, [::1]:0")
                            .with("CARILLON_SERVER_REUSE_PORT", "1")
                            .with("CARILLON_TLS_MIN_VERSION", "1.3")
                            .with("CARILLON_TLS_CERTIFICATES", "a.pem:a.key,b.pem:b.key")
                            .with("CARILLON_QUEUE_RETRY_DELAY_MINUTES", "7")
                            .config();

    EXPECT_THAT(config.server.listen, ElementsAre(Endpoint{"0.0.0.0", 80}, Endpoint{"::1", 0}));
    EXPECT_TRUE(config.server.reuse_port);
    EXPECT_EQ(config.tls.min_version, TlsVersion::tls_1_3);
    ASSERT_EQ(config.tls.certificates.size(), 2u);
    EXPECT_EQ(config.tls.certificates[1].cert, "b.pem");
    EXPECT_EQ(config.queue.retry_delay_minutes, std::chrono::minutes{7});
}

TEST(Load, EnvironmentBeatsDotenvBeatsFile) {
    Outside outside;
    outside.with_toml("[http]\nbody_bytes = 2000\n");
    EXPECT_EQ(outside.setting("http.body_bytes").value, "2000");
    EXPECT_EQ(outside.setting("http.body_bytes").origin, "carillon.toml:2");

    outside.with_dotenv("# sizes\n\nCARILLON_HTTP_BODY_BYTES=3000\n");
    EXPECT_EQ(outside.setting("http.body_bytes").value, "3000");
    EXPECT_EQ(outside.setting("http.body_bytes").origin, ".env:3");

    outside.with("CARILLON_HTTP_BODY_BYTES", "4000");
    EXPECT_EQ(outside.setting("http.body_bytes").value, "4000");
    EXPECT_EQ(outside.setting("http.body_bytes").origin, "environment CARILLON_HTTP_BODY_BYTES");
    EXPECT_EQ(outside.config().http.body_bytes, 4000u);
}

TEST(Load, TakesTheNamesThatAreInUse) {
    const auto config = Outside{}
                            .with("DATABASE_URL", "postgres://app@db/carillon")
                            .with("AUTH_JWT_SECRET", signing_key)
                            .with("FIREBASE_SERVICE_ACCOUNT_KEY", "/etc/fcm.json")
                            .with("FIREBASE_PROJECT_ID", "shop")
                            .with("MYOPERATOR_API_KEY", "k")
                            .with("MYOPERATOR_API_SECRET", "s")
                            .with("MYOPERATOR_ACCOUNT_ID", "a")
                            .with("MYOPERATOR_WHATSAPP_NUMBER", "+91 98765-43210")
                            .with("MYOPERATOR_PHONE_NUMBER_ID", "42")
                            .with("NOTIFICATION_QUEUE_RETRY_ATTEMPTS", "9")
                            .with("NOTIFICATION_QUEUE_RETRY_DELAY_MINUTES", "1")
                            .with("PUSHER_APP_ID", "local")
                            .with("PUSHER_APP_KEY", "key")
                            .with("PUSHER_APP_SECRET", "hush")
                            .config();

    EXPECT_EQ(config.database.url.reveal(), "postgres://app@db/carillon");
    EXPECT_EQ(config.auth.jwt_secret.reveal(), signing_key);
    EXPECT_EQ(config.firebase.service_account_key.reveal(), "/etc/fcm.json");
    EXPECT_EQ(config.firebase.project_id, "shop");
    EXPECT_EQ(config.myoperator.api_key.reveal(), "k");
    EXPECT_EQ(config.myoperator.api_secret.reveal(), "s");
    EXPECT_EQ(config.myoperator.account_id, "a");
    EXPECT_EQ(config.myoperator.phone_number, "+91 98765-43210");
    EXPECT_EQ(config.myoperator.phone_number_id, "42");
    EXPECT_EQ(config.queue.retry_attempts, 9);
    EXPECT_EQ(config.queue.retry_delay_minutes, std::chrono::minutes{1});
    EXPECT_EQ(config.pusher.app_id, "local");
    EXPECT_EQ(config.pusher.app_key, "key");
    EXPECT_EQ(config.pusher.app_secret.reveal(), "hush");
}

TEST(Load, ReadsASecretFromAFileAndTrimsOneLineBreak) {
    Outside outside;
    outside.with_file("/run/secrets/x", "hunter2\n\n").with("MYOPERATOR_API_KEY_FILE", "/run/secrets/x");

    // One break is the editor's; the second is content, which a key may not hold.
    EXPECT_THAT(outside.mistakes(), ElementsAre(testing::HasSubstr("myoperator.api_key: expected")));

    outside.with_file("/run/secrets/x", "hunter2\n");
    EXPECT_EQ(outside.config().myoperator.api_key.reveal(), "hunter2");
    EXPECT_EQ(outside.setting("myoperator.api_key").origin, "file /run/secrets/x (MYOPERATOR_API_KEY_FILE)");
}

TEST(Load, ASecretFileInTheEnvironmentBeatsTheSecretInDotenv) {
    const auto config = Outside{}
                            .with_dotenv("PUSHER_APP_SECRET=old\n")
                            .with_file("new", "new")
                            .with("PUSHER_APP_SECRET_FILE", "new")
                            .config();
    EXPECT_EQ(config.pusher.app_secret.reveal(), "new");
}

TEST(Load, NameAndNameFileTogetherAreRefused) {
    Outside outside;
    outside.with("PUSHER_APP_SECRET", "one").with("PUSHER_APP_SECRET_FILE", "two").with_file("two", "two");
    EXPECT_THAT(outside.mistakes(),
                ElementsAre("environment PUSHER_APP_SECRET_FILE: pusher.app_secret: set by "
                            "PUSHER_APP_SECRET and by PUSHER_APP_SECRET_FILE; keep one"));
}

TEST(Load, TwoNamesOfAKeyMayAgreeButNotDiffer) {
    Outside outside;
    outside.with("MYOPERATOR_PHONE_NUMBER", "+919876543210")
        .with("MYOPERATOR_WHATSAPP_NUMBER", "+919876543210");
    EXPECT_THAT(outside.mistakes(), IsEmpty());

    outside.with("MYOPERATOR_WHATSAPP_NUMBER", "+919876543211");
    EXPECT_THAT(outside.mistakes(), ElementsAre(testing::HasSubstr("keep one")));
}

// Compose files write NAME= for what is not set.
TEST(Load, AnEmptyNameStandsBackForOneThatSaysSomething) {
    Outside outside;
    outside.with_file("f", "hush").with("PUSHER_APP_SECRET", "").with("PUSHER_APP_SECRET_FILE", "f");
    EXPECT_EQ(outside.config().pusher.app_secret.reveal(), "hush");

    outside.with("PUSHER_APP_SECRET", "said").with("PUSHER_APP_SECRET_FILE", "");
    EXPECT_EQ(outside.config().pusher.app_secret.reveal(), "said");
}

TEST(Load, AnEmptyListInTheEnvironmentEmptiesTheList) {
    const auto config = Outside{}
                            .with_toml("[http]\ntrusted_proxies = [\"10.0.0.1\"]\n")
                            .with("CARILLON_HTTP_TRUSTED_PROXIES", "")
                            .config();
    EXPECT_THAT(config.http.trusted_proxies, IsEmpty());
}

TEST(Load, AMissingFileMattersOnlyWhenItWasAskedFor) {
    Outside outside;
    EXPECT_THAT(outside.mistakes(), IsEmpty());

    outside.file_required = true;
    EXPECT_THAT(outside.mistakes(), ElementsAre("carillon.toml: cannot be read: No such file or directory"));
}

TEST(Load, AnUnreadableFileIsAlwaysTold) {
    Outside outside;
    outside.with_toml("<locked>").with_dotenv("<locked>").with("AUTH_JWT_SECRET_FILE", "gone");
    EXPECT_THAT(outside.mistakes(),
                ElementsAre("carillon.toml: cannot be read: Permission denied",
                            ".env: cannot be read: Permission denied",
                            "environment AUTH_JWT_SECRET_FILE: auth.jwt_secret: gone "
                            "(AUTH_JWT_SECRET_FILE) cannot be read: No such file or directory"));
}

TEST(Load, AllMistakesAreToldAtOnce) {
    Outside outside;
    outside.with_toml("[http]\nbody_bytes = \"big\"\nbodybytes = 5\n")
        .with_dotenv("no equals sign\nCARILLON_LOG_LEVEL=loud\n")
        .with("CARILLON_HTTP_BODY_BYTE", "1");

    EXPECT_THAT(
        outside.mistakes(),
        ElementsAre("carillon.toml:3:1: unknown key http.bodybytes (did you mean http.body_bytes?)",
                    "carillon.toml:2:1: http.body_bytes: expected an integer from 1024 to 16777216, got the "
                    "text \"big\"",
                    ".env:1: expected '=' after the name",
                    ".env:2: log.level: expected one of debug, info, warn, error, off, got the text \"loud\"",
                    "environment CARILLON_HTTP_BODY_BYTE: unknown name CARILLON_HTTP_BODY_BYTE (did you mean "
                    "CARILLON_HTTP_BODY_BYTES?)"));
}

TEST(Load, AMistakeThatALaterLayerHidesIsStillTold) {
    Outside outside;
    outside.with_toml("[queue]\nretry_attempts = 0\n").with("CARILLON_QUEUE_RETRY_ATTEMPTS", "3");
    EXPECT_EQ(outside.mistakes().size(), 1u);
}

TEST(Load, NamesOfOtherProgramsAndOfTheTestsAreLeftAlone) {
    Outside outside;
    outside.with("HOME", "/root")
        .with("CARILLON_TEST_PG", "x")
        .with_dotenv("BROADCAST_DRIVER=pusher\nMONGO_URL=x\n");
    EXPECT_THAT(outside.mistakes(), IsEmpty());
}

TEST(Load, ShowsNoSecret) {
    Outside outside;
    outside.with("PUSHER_APP_SECRET", "hunter2").with("DATABASE_URL", "postgres://app:hunter2@db/carillon");

    EXPECT_EQ(outside.setting("pusher.app_secret").value, "***");
    EXPECT_EQ(outside.setting("pusher.app_secret").json, Json("***"));
    EXPECT_EQ(outside.setting("auth.jwt_secret").value, "(not set)");
    EXPECT_TRUE(outside.setting("auth.jwt_secret").json.is_null());
    EXPECT_EQ(outside.setting("database.url").value, "postgres://app:***@db/carillon");
}

}  // namespace
}  // namespace carillon::config
