#include <ostream>

#include "integration/business/users/fixture.hpp"

namespace carillon::business {
namespace {

using namespace std::chrono_literals;
using test::Call;

class UpsertTest : public UsersTest {};

const Json ada = {
    {"id", "ada"},        {"name", "Ada"},     {"phone", "237 691-924-173"},  {"email", "ada@example.com"},
    {"role", "provider"}, {"locale", "fr-CM"}, {"timezone", "Africa/Douala"}, {"area", "Bonamoussadi"}};

TEST_F(UpsertTest, CreatesAUserAndSaysWhere) {
    const auto reply = api().post("/api/users", ada);

    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.header("Location"), "/api/users/ada");
    auto expected = ada;
    expected.update({{"phone", "+237691924173"},
                     {"created_at", "2026-11-21T07:30:00Z"},
                     {"updated_at", "2026-11-21T07:30:00Z"}});
    EXPECT_EQ(reply.json(), expected);
    EXPECT_EQ(api().get("/api/users/ada").json(), expected);
}

TEST_F(UpsertTest, MakesAnIdWhenThereIsNone) {
    const auto reply = api().post("/api/users", {{"name", "Nobody"}});

    EXPECT_EQ(reply.status, 201);
    EXPECT_EQ(reply.json()["id"].get<std::string>().rfind("usr_", 0), 0U);
    EXPECT_EQ(reply.json()["role"], "customer");
}

TEST_F(UpsertTest, KeepsWhatIsAbsentAndClearsWhatIsNull) {
    api().post("/api/users", ada);
    pass(90s);

    const auto reply = api().post("/api/users", {{"id", "ada"}, {"area", "Akwa"}, {"phone", nullptr}});

    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("Location"), "");
    auto expected = ada;
    expected.update({{"phone", nullptr},
                     {"area", "Akwa"},
                     {"created_at", "2026-11-21T07:30:00Z"},
                     {"updated_at", "2026-11-21T07:31:30Z"}});
    EXPECT_EQ(reply.json(), expected);
    EXPECT_EQ(api().get("/api/users/ada").json(), expected);
}

TEST_F(UpsertTest, AsksForANameOfANewUserOnly) {
    const auto reply = api().post("/api/users", {{"id", "ada"}, {"area", "Akwa"}});

    EXPECT_EQ(reply.status, 422);
    EXPECT_EQ(reply.json()["errors"][0]["field"], "name");
    EXPECT_EQ(api().get("/api/users/ada").status, 404);
}

TEST_F(UpsertTest, RefusesThePhoneOfAnother) {
    create("ben", {{"phone", "+237691924173"}});

    const auto reply = api().post("/api/users", ada);

    EXPECT_EQ(reply.status, 409);
    EXPECT_EQ(reply.code(), "phone_taken");
    EXPECT_EQ(api().get("/api/users/ada").status, 404);
    EXPECT_EQ(api().get("/api/users/ben").json()["phone"], "+237691924173");
}

TEST_F(UpsertTest, ManyAtOnceForOneUserMakeOneUser) {
    std::vector<Call> calls;
    for (int i = 0; i < 50; ++i) {
        const Json body = {{"id", "ada"}, {"name", "Ada"}, {"area", std::to_string(i)}};
        calls.push_back({Method::post, "/api/users", body.dump(), {}, "application/json", {}});
    }

    int created = 0;
    for (const auto& reply : api().send_all(calls)) {
        EXPECT_TRUE(reply.status == 200 || reply.status == 201) << reply.body;
        created += reply.status == 201 ? 1 : 0;
    }

    EXPECT_EQ(created, 1);
    EXPECT_EQ(own().value("SELECT count(*) FROM users"), "1");
}

// Half of them with a key of their own, and so in transactions that race with the shared one.
TEST_F(UpsertTest, ManyAtOnceForOnePhoneLeaveItToOne) {
    std::vector<Call> calls;
    for (int i = 0; i < 20; ++i) {
        const Json body = {{"id", "u" + std::to_string(i)}, {"name", "U"}, {"phone", "+237691924173"}};
        Call call{Method::post, "/api/users", body.dump(), {}, "application/json", {}};
        if (i % 2 == 0) call.headers.emplace_back("Idempotency-Key", "key-" + std::to_string(i));
        calls.push_back(std::move(call));
    }

    int created = 0;
    for (const auto& reply : api().send_all(calls)) {
        EXPECT_TRUE(reply.status == 201 || reply.status == 409) << reply.body;
        created += reply.status == 201 ? 1 : 0;
    }

    EXPECT_EQ(created, 1);
    EXPECT_EQ(own().value("SELECT count(*) FROM users"), "1");
}

TEST_F(UpsertTest, ABadOneAmongManyCostsNoOther) {
    std::vector<Call> calls;
    for (const std::string id : {"a", "b", "c"}) {
        Json body = {{"id", id}};
        if (id != "b") body["name"] = id;
        calls.push_back({Method::post, "/api/users", body.dump(), {}, "application/json", {}});
    }

    const auto replies = api().send_all(calls);

    EXPECT_EQ(replies[0].status, 201);
    EXPECT_EQ(replies[1].status, 422);
    EXPECT_EQ(replies[2].status, 201);
}

TEST_F(UpsertTest, ARepeatWithTheSameKeyGetsTheFirstAnswer) {
    Call call{Method::post, "/api/users",       R"({"name":"Ada"})",
              {},           "application/json", {{"Idempotency-Key", "one"}}};

    const auto first = api().send(call);
    const auto second = api().send(call);

    EXPECT_EQ(first.status, 201);
    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(second.header("Location"), first.header("Location"));
    EXPECT_EQ(second.header("Idempotency-Replayed"), "true");
    EXPECT_EQ(own().value("SELECT count(*) FROM users"), "1");
}

struct Permission {
    const char* name;
    Role role;
    int status;
};
void PrintTo(const Permission& row, std::ostream* out) {
    *out << row.name;
}

class UpsertAccess : public UsersTest, public testing::WithParamInterface<Permission> {};

TEST_P(UpsertAccess, IsForStaff) {
    api().sign_in("someone", GetParam().role);

    EXPECT_EQ(create("ada").status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(Upsert, UpsertAccess,
                         testing::Values(Permission{"Admin", Role::admin, 201},
                                         Permission{"Service", Role::service, 201},
                                         Permission{"Salesperson", Role::salesperson, 403},
                                         Permission{"Customer", Role::customer, 403}),
                         [](const auto& info) { return std::string{info.param.name}; });

struct Bad {
    const char* name;
    const char* body;
    const char* content_type;
    int status;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.name;
}

class BadUpsert : public UsersTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadUpsert, IsRefused) {
    const auto reply =
        api().send({Method::post, "/api/users", GetParam().body, {}, GetParam().content_type, {}});

    EXPECT_EQ(reply.status, GetParam().status) << reply.body;
    EXPECT_EQ(own().value("SELECT count(*) FROM users"), "0");
}

INSTANTIATE_TEST_SUITE_P(
    Upsert, BadUpsert,
    testing::Values(
        Bad{"NoJson", "{", "application/json", 400}, Bad{"NoObject", "[]", "application/json", 422},
        Bad{"Form", "name=Ada", "application/x-www-form-urlencoded", 415},
        Bad{"BadPhone", R"({"name":"Ada","phone":"1"})", "application/json", 422},
        Bad{"ZoneUnknownToTheDatabase", R"({"name":"A","timezone":"Mars/Base"})", "application/json", 422},
        Bad{"ZoneOfASecondCopy", R"({"name":"A","timezone":"posix/UTC"})", "application/json", 422},
        Bad{"RepeatedField", R"({"name":"A","name":"B"})", "application/json", 400}),
    [](const auto& info) { return std::string{info.param.name}; });

}  // namespace
}  // namespace carillon::business
