#include "integration/business/users/fixture.hpp"

namespace carillon::business {
namespace {

using test::Call;

class EraseTest : public UsersTest {
protected:
    // By a server in which another area has something to erase, too.
    static test::Reply remove_with(users::Eraser eraser, const std::string& user) {
        auto& database = world()->database;
        Users users{database, world()->clock()};
        users.on_erase(std::move(eraser));
        test::Api api{database, users.directory(), users.routes(), world()->clock()};
        api.sign_in("boss", Role::admin);
        return api.remove("/api/users/" + user);
    }
};

constexpr db::Statement forget_note{"test_forget_note", "DELETE FROM notes WHERE user_id = $1"};

TEST_F(EraseTest, RemovesTheUserAndTheirDevices) {
    create("ada", {{"phone", "+237691924173"}});
    create("ben");
    api().post("/api/users/ada/devices", {{"fcm_token", "tokentokentoken"}});
    api().post("/api/users/ben/devices", {{"fcm_token", "another-token"}});

    EXPECT_EQ(api().remove("/api/users/ada").status, 204);

    EXPECT_EQ(api().get("/api/users/ada").status, 404);
    EXPECT_EQ(api().get("/api/users/ada/devices").status, 404);
    EXPECT_EQ(own().value("SELECT string_agg(id, ',') FROM users"), "ben");
    EXPECT_EQ(own().value("SELECT string_agg(user_id, ',') FROM devices"), "ben");
}

TEST_F(EraseTest, TakesAPhoneNumberToo) {
    create("ada", {{"phone", "+237691924173"}});

    EXPECT_EQ(api().remove("/api/users/237691924173").status, 204);

    EXPECT_EQ(own().value("SELECT count(*) FROM users"), "0");
}

TEST_F(EraseTest, SaysWhenThereIsNobody) {
    EXPECT_EQ(api().remove("/api/users/ada").status, 404);
    create("ada");
    EXPECT_EQ(api().remove("/api/users/ada").status, 204);
    EXPECT_EQ(api().remove("/api/users/ada").status, 404);
}

TEST_F(EraseTest, IsForStaff) {
    create("ada");
    api().sign_in("ada", Role::customer);
    EXPECT_EQ(api().remove("/api/users/ada").status, 403);

    api().sign_in("backend", Role::service);
    EXPECT_EQ(api().remove("/api/users/ada").status, 204);
}

TEST_F(EraseTest, ReplacesAnswersThatWereKeptForARepeat) {
    const Call call{Method::post, "/api/users",       R"({"id":"ada","name":"Ada Secret"})",
                    {},           "application/json", {{"Idempotency-Key", "one"}}};
    EXPECT_EQ(api().send(call).status, 201);

    api().remove("/api/users/ada");

    EXPECT_EQ(own().value("SELECT count(*) FROM idempotency_keys WHERE body LIKE '%Secret%'"), "0");
    EXPECT_EQ(api().send(call).status, 410);
}

TEST_F(EraseTest, AsksTheOtherAreasInTheSameTransaction) {
    own().query("CREATE TABLE IF NOT EXISTS notes (user_id text)");
    own().query("TRUNCATE notes");
    own().query("INSERT INTO notes VALUES ('ada'), ('ben')");
    create("ada");
    const auto forget = [](db::Session& session, const UserId& user) {
        session.exec(forget_note, user.value());
    };

    EXPECT_EQ(remove_with(forget, "ada").status, 204);

    EXPECT_EQ(own().value("SELECT string_agg(user_id, ',') FROM notes"), "ben");
}

TEST_F(EraseTest, DoesNothingWhenAnAreaCannot) {
    create("ada");
    const auto refuse = [](db::Session&, const UserId&) { throw Unavailable{"busy", "not now"}; };

    EXPECT_EQ(remove_with(refuse, "ada").status, 503);

    EXPECT_EQ(api().get("/api/users/ada").status, 200);
}

}  // namespace
}  // namespace carillon::business
