#include <ostream>
#include <set>

#include "integration/business/users/fixture.hpp"

namespace carillon::business {
namespace {

using test::Call;

class ReadTest : public UsersTest {
protected:
    // Ids of all pages.
    std::vector<std::string> walk(const std::string& query, std::size_t pages) {
        std::vector<std::string> ids;
        std::string cursor;
        for (std::size_t page = 1;; ++page) {
            const auto reply = api().get("/api/users?" + query + (cursor.empty() ? "" : "&cursor=" + cursor));
            EXPECT_EQ(reply.status, 200) << reply.body;
            const auto body = reply.json();
            for (const auto& user : body["users"]) ids.push_back(user["id"]);
            const auto& next = body["next_cursor"];
            if (next.is_null()) {
                EXPECT_EQ(page, pages);
                return ids;
            }
            cursor = next;
        }
    }
};

using Ids = std::vector<std::string>;

TEST_F(ReadTest, AUserSeesThemselvesAndNobodyElse) {
    create("ada");
    create("ben");
    api().sign_in("ada", Role::customer);

    EXPECT_EQ(api().get("/api/users/ada").json()["id"], "ada");
    EXPECT_EQ(api().get("/api/users/ben").status, 403);
    EXPECT_EQ(api().get("/api/users").status, 403);
}

TEST_F(ReadTest, NobodySeesAnythingWithoutAToken) {
    create("ada");
    api().sign_out();

    EXPECT_EQ(api().get("/api/users/ada").status, 401);
    EXPECT_EQ(api().get("/api/users").status, 401);
}

TEST_F(ReadTest, AnUnknownUserIsNotFound) {
    EXPECT_EQ(api().get("/api/users/nobody").status, 404);
}

TEST_F(ReadTest, AUserIsFoundByAPhoneNumberInAnySpelling) {
    create("ada", {{"phone", "+237691924173"}});

    for (const std::string spelling :
         {"237691924173", "+237691924173", "+237%20691-924-173", "00237691924173", "%2B237691924173"})
        EXPECT_EQ(api().get("/api/users/" + spelling).json().value("id", ""), "ada") << spelling;
    EXPECT_EQ(api().get("/api/users/237600000000").status, 404);
}

TEST_F(ReadTest, AnIdOfDigitsWinsOverThePhoneOfAnother) {
    create("ada", {{"phone", "+237691924173"}});
    create("237691924173");

    EXPECT_EQ(api().get("/api/users/237691924173").json()["id"], "237691924173");
    EXPECT_EQ(api().get("/api/users/+237691924173").json()["id"], "ada");
}

TEST_F(ReadTest, IdsOfEveryKindAreFoundUnderTheirLocation) {
    for (const std::string id : {"a b", "50%", "q?x#y", "\xC3\xA9t\xC3\xA9", "comma,quote\"back\\{}"}) {
        const auto created = create(id);

        ASSERT_EQ(created.status, 201) << created.body;
        EXPECT_EQ(api().get(created.header("Location")).json().value("id", ""), id);
    }
}

TEST_F(ReadTest, ManyReadsAtOnceGetTheirOwnUserEach) {
    std::vector<Call> calls;
    for (int i = 0; i < 40; ++i) {
        if (i % 4 != 0) create("u" + std::to_string(i));
        calls.push_back({Method::get, "/api/users/u" + std::to_string(i), {}, {}, {}, {}});
    }

    const auto replies = api().send_all(calls);

    for (int i = 0; i < 40; ++i) {
        const auto& reply = replies[static_cast<std::size_t>(i)];
        if (i % 4 == 0)
            EXPECT_EQ(reply.status, 404) << i;
        else
            EXPECT_EQ(reply.json().value("id", ""), "u" + std::to_string(i));
    }
}

TEST_F(ReadTest, AListGoesOnWhereItsPageEnded) {
    for (const std::string id : {"b", "a", "d", "c", "e"}) create(id);

    EXPECT_EQ(walk("limit=2", 3), (Ids{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(walk("limit=5", 1), (Ids{"a", "b", "c", "d", "e"}));
    EXPECT_EQ(walk("limit=1", 5), (Ids{"a", "b", "c", "d", "e"}));
}

TEST_F(ReadTest, AListIsFilteredByRoleAndArea) {
    create("a", {{"role", "provider"}, {"area", "Akwa"}});
    create("b", {{"role", "provider"}, {"area", "Deido"}});
    create("c", {{"role", "customer"}, {"area", "Akwa"}});
    create("d", {{"role", "provider"}, {"area", "Akwa"}});
    create("e");

    EXPECT_EQ(walk("role=provider&limit=2", 2), (Ids{"a", "b", "d"}));
    EXPECT_EQ(walk("area=Akwa&limit=2", 2), (Ids{"a", "c", "d"}));
    EXPECT_EQ(walk("role=provider&area=Akwa&limit=1", 2), (Ids{"a", "d"}));
    EXPECT_EQ(walk("role=admin", 1), Ids{});
    EXPECT_EQ(walk("area=Nowhere", 1), Ids{});
}

TEST_F(ReadTest, AListWithoutAnybodyIsEmpty) {
    EXPECT_EQ(api().get("/api/users").body, R"({"users":[],"next_cursor":null})");
}

struct Bad {
    const char* name;
    const char* query;
    const char* field;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.name;
}

class BadList : public UsersTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadList, IsRefusedWithTheParameter) {
    const auto reply = api().get(std::string{"/api/users?"} + GetParam().query);

    EXPECT_EQ(reply.status, 422) << reply.body;
    EXPECT_EQ(reply.json()["errors"][0]["field"], GetParam().field);
}

INSTANTIATE_TEST_SUITE_P(
    List, BadList,
    testing::Values(Bad{"LimitZero", "limit=0", "limit"}, Bad{"LimitTooHigh", "limit=201", "limit"},
                    Bad{"LimitNoNumber", "limit=ten", "limit"}, Bad{"RoleUnknown", "role=king", "role"},
                    Bad{"AreaEmpty", "area=", "area"}, Bad{"CursorForged", "cursor=abc", "cursor"},
                    // ["users",7]
                    Bad{"CursorOfAnotherShape", "cursor=WyJ1c2VycyIsN10", "cursor"},
                    // ["leads","a"]
                    Bad{"CursorOfAnotherList", "cursor=WyJsZWFkcyIsImEiXQ", "cursor"},
                    Bad{"Misspelt", "rol=admin", "rol"}),
    [](const auto& info) { return std::string{info.param.name}; });

}  // namespace
}  // namespace carillon::business
