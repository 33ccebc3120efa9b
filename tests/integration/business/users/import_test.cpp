#include "integration/business/users/fixture.hpp"

namespace carillon::business {
namespace {

using test::Call;
using test::Reply;

class ImportTest : public UsersTest {
protected:
    Reply import(const std::string& body) { return import(std::vector{body}); }
    Reply import(const std::vector<std::string>& pieces) {
        return api().send({Method::put, "/api/users/bulk", {}, pieces, "application/json", {}});
    }
    static Json counts(const Reply& reply) {
        auto body = reply.json();
        body.erase("errors");
        return body;
    }
    std::string stored() { return own().value("SELECT count(*) FROM users"); }
};

Json totals(int received, int created, int updated, int failed) {
    return {{"received", received}, {"created", created}, {"updated", updated}, {"failed", failed}};
}

std::string item(int number) {
    const auto id = std::to_string(number);
    return R"({"id":"u)" + id + R"(","name":"User )" + id + R"("})";
}

std::string array_of_items(int count) {
    std::string text = "[";
    for (int i = 0; i < count; ++i) text += (i > 0 ? "," : "") + item(i);
    return text + "]";
}

TEST_F(ImportTest, TakesAnArray) {
    create("u1");

    const auto reply = import(array_of_items(3));

    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(counts(reply), totals(3, 2, 1, 0));
    EXPECT_EQ(reply.json()["errors"], Json::array());
    EXPECT_EQ(own().value("SELECT string_agg(id || '=' || name, ',' ORDER BY id) FROM users"),
              "u0=User 0,u1=User 1,u2=User 2");
}

TEST_F(ImportTest, TakesLines) {
    const auto reply = api().send(
        {Method::put, "/api/users/bulk", {}, {item(0) + "\n" + item(1) + "\n"}, "application/x-ndjson", {}});

    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(counts(reply), totals(2, 2, 0, 0));
}

TEST_F(ImportTest, TakesNobody) {
    EXPECT_EQ(import("[]").body, R"({"created":0,"errors":[],"failed":0,"received":0,"updated":0})");
}

TEST_F(ImportTest, TakesAsManyAsTheLimit) {
    const auto text = array_of_items(10'000);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size(); at += 4096) pieces.push_back(text.substr(at, 4096));

    const auto reply = import(pieces);

    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(counts(reply), totals(10'000, 10'000, 0, 0));
    EXPECT_EQ(stored(), "10000");
}

TEST_F(ImportTest, RefusesMoreThanTheLimitAndSaysWhatWasStored) {
    const auto reply = import(array_of_items(10'001));

    EXPECT_EQ(reply.status, 413);
    EXPECT_EQ(reply.code(), "too_many_users");
    EXPECT_EQ(
        reply.json()["detail"],
        "more than 10000 users in one request; before it 10000 users were read, 10000 created, 0 updated, "
        "0 failed");
    EXPECT_EQ(stored(), "10000");
}

TEST_F(ImportTest, LetsTheLastOfOneIdWin) {
    const auto reply = import(R"([{"id":"a","name":"First","area":"Akwa"},{"id":"a","name":"Last"}])");

    EXPECT_EQ(counts(reply), totals(2, 1, 1, 0));
    EXPECT_EQ(own().value("SELECT name || ' ' || area FROM users"), "Last Akwa");
}

TEST_F(ImportTest, ReportsWhatFailedAndStoresTheRest) {
    const auto reply = import(R"([{"id":"a","name":"A"}, {"id":"b"}, {"name":"C"}, 7,
        {"id":"d","name":"","phone":"1"}, {"id":"e","name":"E"}])");

    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(counts(reply), totals(6, 2, 0, 4));
    const auto errors = reply.json()["errors"];
    std::vector<std::string> seen;
    for (const auto& error : errors)
        seen.push_back(error["index"].dump() + " " + error["id"].dump() + " " + error["field"].dump());
    EXPECT_EQ(seen, (std::vector<std::string>{R"(2 null "id")", R"(3 null "")", R"(4 "d" "name")",
                                              R"(4 "d" "phone")", R"(1 "b" "name")"}));
    EXPECT_EQ(own().value("SELECT string_agg(id, ',' ORDER BY id) FROM users"), "a,e");
}

TEST_F(ImportTest, FailsOnlyTheItemWhosePhoneIsTaken) {
    create("old", {{"phone", "+237600000001"}});

    const auto reply = import(R"([{"id":"a","name":"A","phone":"237600000001"},
        {"id":"b","name":"B","phone":"237600000002"},
        {"id":"c","name":"C","phone":"237600000002"},
        {"id":"d","name":"D","phone":"237600000003"}])");

    EXPECT_EQ(counts(reply), totals(4, 2, 0, 2));
    EXPECT_EQ(reply.json()["errors"][0]["index"], 0);
    EXPECT_EQ(reply.json()["errors"][1]["index"], 2);
    EXPECT_EQ(reply.json()["errors"][1]["field"], "phone");
    EXPECT_EQ(own().value("SELECT string_agg(id, ',' ORDER BY id) FROM users"), "b,d,old");
}

TEST_F(ImportTest, MovesPhonesFromUserToUser) {
    create("a", {{"phone", "+237600000001"}});
    create("b", {{"phone", "+237600000002"}});

    const auto reply = import(R"([{"id":"a","phone":null}, {"id":"b","phone":"237600000001"},
        {"id":"a","phone":"237600000002"}, {"id":"b","phone":null}, {"id":"c","name":"C","phone":"237600000001"}])");

    EXPECT_EQ(counts(reply), totals(5, 1, 4, 0)) << reply.body;
    EXPECT_EQ(own().value("SELECT string_agg(id || coalesce(phone, '-'), ',' ORDER BY id) FROM users"),
              "a+237600000002,b-,c+237600000001");
}

TEST_F(ImportTest, SwapsPhonesInOneStatement) {
    create("a", {{"phone", "+237600000001"}});
    create("b", {{"phone", "+237600000002"}});

    const auto reply = import(R"([{"id":"b","phone":null}, {"id":"a","phone":"237600000002"},
        {"id":"b","phone":"237600000001"}])");

    EXPECT_EQ(counts(reply), totals(3, 0, 3, 0)) << reply.body;
    EXPECT_EQ(own().value("SELECT string_agg(id || phone, ',' ORDER BY id) FROM users"),
              "a+237600000002,b+237600000001");
}

TEST_F(ImportTest, ReportsAnItemThatIsTooLargeAndGoesOn) {
    const auto reply = import("[" + item(0) + ",{\"id\":\"x\",\"name\":\"" + std::string(17 << 10, 'n') +
                              "\"}," + item(2) + "]");

    EXPECT_EQ(counts(reply), totals(3, 2, 0, 1));
    EXPECT_EQ(reply.json()["errors"][0]["index"], 1);
    EXPECT_EQ(reply.json()["errors"][0]["message"], "is larger than 16 KiB");
}

TEST_F(ImportTest, ListsTheFirstHundredErrorsAndCountsAll) {
    std::string text = "[";
    for (int i = 0; i < 150; ++i) text += std::string{i > 0 ? "," : ""} + "{}";

    const auto reply = import(text + "]");

    EXPECT_EQ(counts(reply), totals(150, 0, 0, 150));
    EXPECT_EQ(reply.json()["errors"].size(), 100U);
}

struct Bad {
    const char* name;
    std::string body;
    const char* detail;
    const char* stored;
};
void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.name;
}

class BadImport : public ImportTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadImport, EndsWithThePlaceAndWhatWasStored) {
    const auto reply = import(GetParam().body);

    EXPECT_EQ(reply.status, 400) << reply.body;
    EXPECT_EQ(reply.code(), "malformed_json");
    EXPECT_EQ(reply.json()["detail"], GetParam().detail);
    EXPECT_EQ(stored(), GetParam().stored);
}

INSTANTIATE_TEST_SUITE_P(
    Import, BadImport,
    testing::Values(
        Bad{"Empty", "", "no JSON at byte 0; before it 0 users were read, 0 created, 0 updated, 0 failed",
            "0"},
        Bad{"Text", "hello",
            "expected a JSON array or JSON lines at byte 0; before it 0 users were read, 0 created, 0 "
            "updated, 0 failed",
            "0"},
        Bad{"BrokenItem", R"([{"id":"a","name":"A"},{"id":oops},{"id":"b","name":"B"}])",
            "not valid JSON at byte 29; before it 1 users were read, 1 created, 0 updated, 0 failed", "1"},
        Bad{"BrokenLine", "{\"id\":\"a\",\"name\":\"A\"}\n{\"id\":}\n",
            "not valid JSON at byte 28; before it 1 users were read, 1 created, 0 updated, 0 failed", "1"},
        Bad{"RepeatedKey", R"([{"id":"a","id":"b"}])",
            "repeated key at byte 11; before it 0 users were read, 0 created, 0 updated, 0 failed", "0"},
        Bad{"CutOff", R"([{"id":"a","name":"A"},{"id":"b")",
            "JSON ends too early at byte 32; before it 1 users were read, 1 created, 0 updated, 0 failed",
            "1"}),
    [](const auto& info) { return std::string{info.param.name}; });

TEST_F(ImportTest, IsForStaff) {
    api().sign_in("ada", Role::customer);

    EXPECT_EQ(import("[]").status, 403);
}

TEST_F(ImportTest, TwoImportsOfTheSameUsersAtOnceStoreEachOnce) {
    const auto text = array_of_items(1200);
    const Call call{Method::put, "/api/users/bulk", {}, {text}, "application/json", {}};

    const auto replies = api().send_all({call, call, call});

    int created = 0;
    for (const auto& reply : replies) {
        EXPECT_EQ(reply.status, 200) << reply.body;
        EXPECT_EQ(reply.json()["failed"], 0);
        created += reply.json()["created"].get<int>();
    }
    EXPECT_EQ(created, 1200);
    EXPECT_EQ(stored(), "1200");
}

}  // namespace
}  // namespace carillon::business
