#include "http/gate.hpp"

#include <gtest/gtest.h>

#include "support/unit_jwt.hpp"
#include "support/unit_router.hpp"

namespace carillon::test {
namespace {

using http::Access;
using Mode = RouterBench::Mode;

Ask as(std::string user, Role role, std::string target) {
    return get(std::move(target)).with("Authorization", RouterBench::bearer(std::move(user), role));
}

// One route for each access.
struct GateTest : testing::Test {
    explicit GateTest(Mode mode = Mode::production) : bench{RouterBench::quiet(), mode} {
        bench.add_plain(Method::get, "/open", Access::open);
        bench.add_plain(Method::get, "/signed-in", Access::signed_in);
        bench.add_plain(Method::get, "/staff", Access::staff);
        bench.add_plain(Method::get, "/admin", Access::admin);
        bench.add_plain(Method::get, "/users/{user_id}", Access::self);
        bench.add_plain(Method::get, "/staff/{user_id}", Access::staff);
        bench.directory.id_by_phone = {{"+237691924173", "u1"}, {"+237691924174", "u2"}};
    }

    std::string verdict(const Ask& ask) { return verdict_of(bench.ask(ask)); }
    // Whom the route took the path to mean.
    std::string subject(const Ask& ask) {
        const auto response = bench.ask(ask);
        return response.status == 200 ? body_of(response)["subject"].get<std::string>()
                                      : verdict_of(response);
    }

    RouterBench bench;
};

struct DevelopmentGateTest : GateTest {
    DevelopmentGateTest() : GateTest{Mode::development} {}
};

TEST_F(GateTest, AsksForATokenWhereOneIsNeeded) {
    for (const auto* target : {"/signed-in", "/staff", "/admin", "/users/u1", "/staff/u1"}) {
        const auto response = bench.ask(get(target));

        EXPECT_EQ(verdict_of(response), "401 token_missing") << target;
        EXPECT_EQ(header_of(response, "WWW-Authenticate"), "Bearer") << target;
    }
}

TEST_F(GateTest, RefusesWhatIsNoGoodToken) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"Bearer", "401 invalid_token"},
        {"Bearer ", "401 invalid_token"},
        {"Basic dTpw", "401 invalid_token"},
        {"bearer", "401 invalid_token"},
        {RouterBench::token("u1", Role::admin), "401 invalid_token"},
        {"Bearer x.y.z", "401 invalid_token"},
        {"Bearer " + hs256_token(hs256_header, R"({"sub":"u1","role":"admin","exp":1})"),
         "401 token_expired"}};
    for (const auto& [header, verdict] : rows) {
        const auto response = bench.ask(get("/signed-in").with("Authorization", header));

        EXPECT_EQ(verdict_of(response), verdict) << header;
        EXPECT_EQ(header_of(response, "WWW-Authenticate"), "Bearer error=\"invalid_token\"") << header;
    }
}

TEST_F(GateTest, TakesTheSchemeInAnyCase) {
    for (const auto* scheme : {"Bearer ", "bearer ", "BEARER ", "bEaReR "}) {
        const auto header = scheme + RouterBench::token("u1", Role::customer);
        EXPECT_EQ(verdict(get("/signed-in").with("Authorization", header)), "200") << scheme;
    }
}

TEST_F(GateTest, DoesNotEvenLookAtATokenOnAnOpenRoute) {
    EXPECT_EQ(verdict(get("/open")), "200");
    EXPECT_EQ(verdict(get("/open").with("Authorization", "Bearer rubbish")), "200");
}

TEST_F(GateTest, HoldsTheRoleAgainstTheRoute) {
    for (const auto role : {Role::admin, Role::service, Role::salesperson, Role::property_manager,
                            Role::customer, Role::provider, Role::delivery_agent}) {
        const bool staff = role == Role::admin || role == Role::service;
        EXPECT_EQ(verdict(as("u1", role, "/signed-in")), "200") << name_of(role);
        EXPECT_EQ(verdict(as("u1", role, "/staff")), staff ? "200" : "403 forbidden") << name_of(role);
        EXPECT_EQ(verdict(as("u1", role, "/staff/u1")), staff ? "200" : "403 forbidden") << name_of(role);
        EXPECT_EQ(verdict(as("u1", role, "/admin")), role == Role::admin ? "200" : "403 forbidden")
            << name_of(role);
    }
}

TEST_F(GateTest, LetsAUserReadOnlyWhatIsTheirs) {
    EXPECT_EQ(subject(as("u1", Role::customer, "/users/u1")), "u1");
    EXPECT_EQ(subject(as("u1", Role::customer, "/users/u2")), "403 forbidden");
    EXPECT_EQ(subject(as("u1", Role::customer, "/users/U1")), "403 forbidden");
    EXPECT_EQ(subject(as("u1", Role::salesperson, "/users/u2")), "403 forbidden");
    EXPECT_EQ(subject(as("root", Role::admin, "/users/u2")), "u2");
    EXPECT_EQ(subject(as("backend", Role::service, "/users/u2")), "u2");
}

TEST_F(GateTest, TakesAPhoneNumberForItsUser) {
    for (const auto* phone : {"237691924173", "+237691924173", "%2B237%20691-924-173", "00237691924173"}) {
        const auto target = std::string{"/users/"} + phone;
        EXPECT_EQ(subject(as("u1", Role::customer, target)), "u1") << phone;
        EXPECT_EQ(subject(as("u2", Role::customer, target)), "403 forbidden") << phone;
        EXPECT_EQ(subject(as("root", Role::admin, target)), "u1") << phone;
    }
}

TEST_F(GateTest, TakesAPhoneNumberInTheTokenForItsUserToo) {
    EXPECT_EQ(subject(as("+237691924173", Role::customer, "/users/u1")), "u1");
    EXPECT_EQ(subject(as("237691924173", Role::customer, "/users/+237691924173")), "u1");
    EXPECT_EQ(subject(as("237691924173", Role::customer, "/users/u2")), "403 forbidden");
    EXPECT_EQ(subject(as("237600000000", Role::customer, "/users/+237600000001")), "403 forbidden");
}

TEST_F(GateTest, TellsAStrangerNothingAboutWhoseNumberItIs) {
    const auto known = bench.ask(as("stranger", Role::customer, "/users/237691924173"));
    const auto unknown = bench.ask(as("stranger", Role::customer, "/users/237600000000"));

    EXPECT_EQ(verdict_of(known), "403 forbidden");
    EXPECT_EQ(verdict_of(unknown), "403 forbidden");
    EXPECT_EQ(body_of(known)["detail"], body_of(unknown)["detail"]);
}

TEST_F(GateTest, TellsStaffThatNobodyHasTheNumber) {
    EXPECT_EQ(verdict(as("root", Role::admin, "/users/237600000000")), "404 user_not_found");
    EXPECT_EQ(verdict(as("backend", Role::service, "/staff/237600000000")), "404 user_not_found");
}

TEST_F(GateTest, PrefersAnIdThatLooksLikeANumberToTheNumber) {
    bench.directory.ids = {"237691924173"};

    EXPECT_EQ(subject(as("root", Role::admin, "/users/237691924173")), "237691924173");
    EXPECT_EQ(subject(as("u1", Role::customer, "/users/237691924173")), "403 forbidden");
}

TEST_F(GateTest, LooksUpOnlyWhatCouldBeANumber) {
    (void)subject(as("u1", Role::customer, "/users/u1"));
    (void)subject(as("root", Role::admin, "/users/15"));
    EXPECT_EQ(bench.directory.asked, 0);

    (void)subject(as("root", Role::admin, "/users/237691924173"));
    EXPECT_EQ(bench.directory.asked, 1);
}

TEST_F(GateTest, DoesNotActAsTheUserInThePathInProduction) {
    EXPECT_EQ(verdict(get("/users/u1")), "401 token_missing");
}

TEST_F(GateTest, UsesNewKeysFromTheNextRequestOn) {
    const auto ask = as("u1", Role::customer, "/signed-in");
    EXPECT_EQ(verdict(ask), "200");

    bench.gate.replace(std::make_shared<const http::JwtVerifier>(verifier_with_pem(our_ec())));
    EXPECT_EQ(verdict(ask), "401 invalid_token");
    bench.gate.replace(nullptr);
    EXPECT_EQ(verdict(ask), "401 invalid_token");
}

TEST_F(DevelopmentGateTest, ActsAsTheUserInThePathWithoutAToken) {
    const auto response = bench.ask(get("/users/u1"));

    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(body_of(response)["user"], "u1");
    EXPECT_EQ(body_of(response)["subject"], "u1");
}

TEST_F(DevelopmentGateTest, ActsAsThePhonesUser) {
    const auto response = bench.ask(get("/users/237691924173"));

    EXPECT_EQ(body_of(response)["user"], "u1");
    EXPECT_EQ(body_of(response)["subject"], "u1");
    EXPECT_EQ(verdict(get("/users/237600000000")), "404 user_not_found");
}

TEST_F(DevelopmentGateTest, AsksForATokenEverywhereElse) {
    for (const auto* target : {"/signed-in", "/staff", "/admin", "/staff/u1"})
        EXPECT_EQ(verdict(get(target)), "401 token_missing") << target;
}

TEST_F(DevelopmentGateTest, HoldsATokenThatIsSentAgainstTheRoute) {
    EXPECT_EQ(verdict(as("u2", Role::customer, "/users/u1")), "403 forbidden");
    EXPECT_EQ(verdict(get("/users/u1").with("Authorization", "Bearer rubbish")), "401 invalid_token");
}

}  // namespace
}  // namespace carillon::test
