#include "admin/health.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <string>

#include <carillon/json.hpp>

namespace carillon::admin {
namespace {

using namespace std::chrono_literals;

std::string header_of(const Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers)
        if (known == name) return value;
    return "";
}

class HealthTest : public testing::Test {
protected:
    HealthTest() { readiness.enter(Phase::serving); }

    Json body() { return Json::parse(health.health().body); }
    std::string status() { return body().at("status"); }
    std::string not_ready_because() { return Json::parse(health.ready().body).at("reason"); }

    Readiness readiness;
    bool database_up = true;
    int database_asked = 0;
    Health::Instant now{1h};
    Health health{{"Carillon", "1.2.3", "node-a"},
                  readiness,
                  [this] {
                      ++database_asked;
                      DatabaseNumbers numbers;
                      numbers.up = database_up;
                      return numbers;
                  },
                  [this] { return now; }};
};

TEST_F(HealthTest, SaysHowItIs) {
    now += 90s;

    const auto answer = health.health();

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, json_type);
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
    const Json expected{{"status", "healthy"},
                        {"version", "1.2.3"},
                        {"uptime_seconds", 90},
                        {"node", "node-a"},
                        {"database", {{"status", "up"}}}};
    EXPECT_EQ(Json::parse(answer.body), expected);
}

TEST_F(HealthTest, IsUnhealthyButStill200WithoutTheDatabase) {
    database_up = false;

    EXPECT_EQ(health.health().status, 200);
    EXPECT_EQ(status(), "unhealthy");
    EXPECT_EQ(body().at("database").at("status"), "away");
}

TEST_F(HealthTest, IsDegradedWhileItDoesNotServe) {
    for (const auto phase : {Phase::starting, Phase::migrating, Phase::stopping}) {
        readiness.enter(phase);
        EXPECT_EQ(status(), "degraded") << name_of(phase);
    }
}

TEST_F(HealthTest, AMissingDatabaseIsWorseThanAnyPhase) {
    database_up = false;
    readiness.enter(Phase::starting);

    EXPECT_EQ(status(), "unhealthy");
}

TEST_F(HealthTest, IsRenderedOnceASecond) {
    EXPECT_EQ(body().at("uptime_seconds"), 0);

    now += 999ms;
    EXPECT_EQ(body().at("uptime_seconds"), 0);
    now += 1ms;
    EXPECT_EQ(body().at("uptime_seconds"), 1);
}

TEST_F(HealthTest, AsksTheDatabaseSeldomHoweverOftenItIsAsked) {
    for (int i = 0; i < 1000; ++i) (void)health.health();

    EXPECT_EQ(database_asked, 1);
}

TEST_F(HealthTest, ShowsANewPhaseAtOnce) {
    EXPECT_EQ(status(), "healthy");

    readiness.enter(Phase::stopping);

    EXPECT_EQ(status(), "degraded");
}

TEST_F(HealthTest, ShowsAChangeOfTheDatabaseWithinATenthOfASecond) {
    EXPECT_EQ(status(), "healthy");

    database_up = false;
    now += 99ms;
    EXPECT_EQ(status(), "healthy");
    now += 1ms;
    EXPECT_EQ(status(), "unhealthy");
    database_up = true;
    now += 100ms;
    EXPECT_EQ(status(), "healthy");
}

TEST_F(HealthTest, IsReadyWhenItServesAndTheDatabaseIsThere) {
    const auto answer = health.ready();

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"status":"ready"})");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
}

TEST_F(HealthTest, IsNotReadyWithoutTheDatabase) {
    database_up = false;

    const auto answer = health.ready();

    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(header_of(answer, "Retry-After"), "1");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(Json::parse(answer.body), (Json{{"status", "not_ready"}, {"reason", "database away"}}));
}

TEST_F(HealthTest, IsNotReadyInAnyOtherPhaseAndNamesIt) {
    for (const auto phase : {Phase::starting, Phase::migrating, Phase::stopping}) {
        readiness.enter(phase);
        EXPECT_EQ(health.ready().status, 503);
        EXPECT_EQ(not_ready_because(), name_of(phase));
    }
}

TEST_F(HealthTest, ReadinessIsNeverKept) {
    EXPECT_EQ(health.ready().status, 200);
    database_up = false;
    EXPECT_EQ(health.ready().status, 503);
    database_up = true;
    EXPECT_EQ(health.ready().status, 200);
}

TEST_F(HealthTest, IsLiveWhateverElseIsBroken) {
    database_up = false;
    readiness.enter(Phase::stopping);

    const auto answer = Health::live();

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"status":"live"})");
    EXPECT_EQ(database_asked, 0);
}

TEST_F(HealthTest, TheRootSaysWhoItIsAndWhereTheRestIs) {
    const auto root = Json::parse(health.root().body);

    EXPECT_EQ(root.at("name"), "Carillon");
    EXPECT_EQ(root.at("version"), "1.2.3");
    EXPECT_EQ(root.at("links").at("health"), "/api/health");
    EXPECT_EQ(root.at("links").at("openapi"), "/api/openapi.json");
    EXPECT_EQ(root.at("links").at("metrics"), "/metrics");
}

TEST(Readiness, BeginsWithStarting) {
    EXPECT_EQ(Readiness{}.phase(), Phase::starting);
}

}  // namespace
}  // namespace carillon::admin
