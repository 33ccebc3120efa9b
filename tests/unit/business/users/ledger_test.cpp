#include <gtest/gtest.h>

#include "business/users/upsert.hpp"

namespace carillon::business::users {
namespace {

const Time yesterday{std::chrono::seconds{1'000'000}};
const Time now{std::chrono::seconds{1'086'400}};

User stored(const std::string& id, std::optional<std::string> phone = std::nullopt) {
    User user;
    user.id = UserId{id};
    user.name = "stored " + id;
    user.phone = std::move(phone);
    user.role = Role::provider;
    user.created_at = yesterday;
    user.updated_at = yesterday;
    return user;
}

UserChange change(const std::string& id) {
    UserChange change;
    change.id = UserId{id};
    change.at = now;
    return change;
}

UserChange named(const std::string& id, const std::string& name) {
    auto result = change(id);
    result.name = name;
    return result;
}

UserChange with_phone(UserChange result, std::optional<std::string> phone) {
    result.phone = FieldChange{std::move(phone)};
    return result;
}

const std::string number = "+237691924173";

TEST(Ledger, CreatesACustomerWhenNothingElseIsSaid) {
    Ledger ledger{{}};

    const auto outcome = ledger.apply(named("ada", "Ada"));

    ASSERT_TRUE(outcome.has_value());
    EXPECT_TRUE(outcome->created);
    EXPECT_EQ(outcome->user.role, Role::customer);
    EXPECT_EQ(outcome->user.created_at, now);
    EXPECT_EQ(outcome->user.updated_at, now);
    EXPECT_EQ(ledger.created().size(), 1U);
    EXPECT_TRUE(ledger.updated().empty());
}

TEST(Ledger, RefusesANewUserWithoutAName) {
    Ledger ledger{{}};

    const auto outcome = ledger.apply(change("ada"));

    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().failure, Failure::invalid);
    ASSERT_EQ(outcome.error().fields.size(), 1U);
    EXPECT_EQ(outcome.error().fields[0].field, "name");
    EXPECT_TRUE(ledger.created().empty());
}

TEST(Ledger, KeepsWhatAChangeLeavesOut) {
    Ledger ledger{{stored("ada", number)}};
    auto wish = change("ada");
    wish.area = FieldChange{"Akwa"};

    const auto outcome = ledger.apply(wish);

    ASSERT_TRUE(outcome.has_value());
    EXPECT_FALSE(outcome->created);
    EXPECT_EQ(outcome->user.name, "stored ada");
    EXPECT_EQ(outcome->user.phone, number);
    EXPECT_EQ(outcome->user.role, Role::provider);
    EXPECT_EQ(outcome->user.area, "Akwa");
    EXPECT_EQ(outcome->user.created_at, yesterday);
    EXPECT_EQ(outcome->user.updated_at, now);
}

TEST(Ledger, ClearsWhatAChangeEmpties) {
    Ledger ledger{{stored("ada", number)}};

    const auto outcome = ledger.apply(with_phone(change("ada"), std::nullopt));

    ASSERT_TRUE(outcome.has_value());
    EXPECT_FALSE(outcome->user.phone);
}

TEST(Ledger, RefusesAPhoneOfAnotherStoredUser) {
    Ledger ledger{{stored("ben", number)}};

    const auto outcome = ledger.apply(with_phone(named("ada", "Ada"), number));

    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().failure, Failure::conflict);
    EXPECT_EQ(outcome.error().code, "phone_taken");
    EXPECT_TRUE(ledger.created().empty());
}

TEST(Ledger, RefusesAPhoneThatAnEarlierItemTook) {
    Ledger ledger{{}};

    EXPECT_TRUE(ledger.apply(with_phone(named("ada", "Ada"), number)).has_value());
    EXPECT_TRUE(ledger.apply(with_phone(named("ben", "Ben"), number)).has_error());
    EXPECT_EQ(ledger.created().size(), 1U);
}

TEST(Ledger, TakesAUsersOwnPhoneAgain) {
    Ledger ledger{{stored("ada", number)}};

    EXPECT_TRUE(ledger.apply(with_phone(change("ada"), number)).has_value());
}

TEST(Ledger, HandsOnAPhoneThatAnEarlierItemGaveUp) {
    Ledger ledger{{stored("ada", number)}};

    EXPECT_TRUE(ledger.apply(with_phone(change("ada"), std::nullopt)).has_value());
    EXPECT_TRUE(ledger.apply(with_phone(named("ben", "Ben"), number)).has_value());
    EXPECT_TRUE(ledger.apply(with_phone(change("ada"), number)).has_error());
}

TEST(Ledger, LetsTheLastOfTwoChangesWin) {
    Ledger ledger{{}};

    const auto first = ledger.apply(named("ada", "Ada"));
    auto wish = named("ada", "Ada M.");
    wish.email = FieldChange{"ada@example.com"};
    const auto last = ledger.apply(wish);

    ASSERT_TRUE(first.has_value());
    ASSERT_TRUE(last.has_value());
    EXPECT_TRUE(first->created);
    EXPECT_FALSE(last->created);
    ASSERT_EQ(ledger.created().size(), 1U);
    EXPECT_TRUE(ledger.updated().empty());
    EXPECT_EQ(ledger.created()[0]->name, "Ada M.");
    EXPECT_EQ(ledger.created()[0]->email, "ada@example.com");
}

TEST(Ledger, WritesInTheOrderOfIds) {
    Ledger ledger{{}};
    for (const std::string id : {"c", "a", "b"}) EXPECT_TRUE(ledger.apply(named(id, id)).has_value());

    std::string order;
    for (const auto* user : ledger.created()) order += user->id.value();

    EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace carillon::business::users
