#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/faults.hpp"

namespace carillon::sandbox {
namespace {

using testing::ElementsAre;

Fault fault(const Json& body) {
    return parse_fault(body).value();
}

// "field: message" of everything that is wrong.
std::vector<std::string> mistakes(const Json& body) {
    std::vector<std::string> list;
    const auto parsed = parse_fault(body);
    if (parsed) return list;
    for (const auto& [field, message] : parsed.error().fields) list.push_back(field + ": " + message);
    return list;
}

TEST(FaultKinds, AreDescribedInTheOrderOfTheirEnum) {
    for (const auto& info : fault_kinds()) EXPECT_EQ(describe(info.kind).name, info.name);
    EXPECT_EQ(describe(FaultKind::no_receipts).name, "no_receipts");
}

TEST(FaultRequest, GetsWhatItsKindBrings) {
    EXPECT_EQ(fault({{"provider", "fcm"}, {"fault", "unregistered"}}).status, 404);
    EXPECT_EQ(fault({{"provider", "fcm"}, {"fault", "html"}}).status, 502);
    EXPECT_EQ(fault({{"provider", "fcm"}, {"fault", "latency"}}).latency.count(), 1'000);
    EXPECT_EQ(fault({{"provider", "myoperator"}, {"fault", "receipt_failed"}}).code, 131026);
    EXPECT_EQ(fault({{"provider", "fcm"}, {"fault", "quota"}}).retry_after, std::nullopt);
}

TEST(FaultRequest, SaysWhatItWants) {
    const auto wanted = fault({{"provider", "myoperator"},
                               {"match", {{"number", "3210"}}},
                               {"fault", "status"},
                               {"status", 503},
                               {"retry_after", 2},
                               {"latency_ms", 40},
                               {"times", 3}});

    EXPECT_EQ(to_json(wanted), Json::parse(R"({"id":"","provider":"myoperator","fault":"status","status":503,
        "match":{"number":"3210"},"retry_after":2,"latency_ms":40,"times_left":3,"applied":0})"));
}

TEST(FaultRequest, IsToldAllThatIsWrongWithIt) {
    EXPECT_THAT(mistakes(Json::object()), ElementsAre("provider: is required", "fault: is required"));
    EXPECT_THAT(mistakes({{"provider", "fcm"}, {"fault", "wallet"}}),
                ElementsAre("fault: this one is not for fcm"));
    EXPECT_THAT(mistakes({{"provider", "fcm"}, {"fault", "status"}}), ElementsAre("status: is required"));
    EXPECT_THAT(mistakes({{"provider", "fcm"}, {"fault", "drop_after"}, {"status", 500}}),
                ElementsAre("status: this fault answers as if all was well"));
    EXPECT_THAT(mistakes({{"provider", "token"}, {"fault", "drop"}, {"match", {{"token", "x"}}}}),
                ElementsAre("match.token: only calls to fcm have one"));
    EXPECT_THAT(mistakes({{"provider", "fcm"}, {"fault", "drop"}, {"match", {{"tokn", "x"}}}}),
                ElementsAre("match.tokn: unknown field, did you mean \"token\"?"));
    EXPECT_THAT(mistakes({{"provider", "fcm"}, {"fault", "drop"}, {"times", 0}}), testing::SizeIs(1));
}

TEST(Faults, StrikeTheFirstTimesOnly) {
    Faults faults;
    ASSERT_TRUE(faults.add(fault({{"provider", "fcm"}, {"fault", "quota"}, {"times", 2}})));
    const auto strikes = [&faults] {
        const auto met = faults.meeting(Provider::fcm, "t");
        if (met) faults.spend(*met);
        return met.has_value();
    };

    EXPECT_TRUE(strikes());
    EXPECT_EQ(faults.list().at(0).at("times_left"), 1);
    EXPECT_EQ(faults.list().at(0).at("applied"), 1);
    EXPECT_TRUE(strikes());
    EXPECT_FALSE(strikes());
    EXPECT_EQ(faults.list(), Json::array());
}

TEST(Faults, StrikeThoseTheyAreMeantFor) {
    Faults faults;
    const auto add = [&faults](const Json& body) { ASSERT_TRUE(faults.add(fault(body))); };
    add({{"provider", "fcm"}, {"fault", "quota"}, {"match", {{"token", "abc"}}}});
    add({{"provider", "fcm"}, {"fault", "drop"}, {"match", {{"token", "ab"}}}});
    add({{"provider", "myoperator"}, {"fault", "wallet"}, {"match", {{"number", "321"}}}});
    const auto met = [&faults](Provider provider, std::string_view target) {
        const auto found = faults.meeting(provider, target);
        return found ? describe(found->kind).name : "";
    };

    EXPECT_EQ(met(Provider::fcm, "abcd"), "quota");
    EXPECT_EQ(met(Provider::fcm, "abd"), "drop");
    EXPECT_EQ(met(Provider::fcm, "xabc"), "");
    EXPECT_EQ(met(Provider::myoperator, "919876543210"), "");
    EXPECT_EQ(met(Provider::myoperator, "919876543321"), "wallet");
    EXPECT_EQ(met(Provider::token, ""), "");
}

TEST(Faults, CanBeTakenBack) {
    Faults faults;
    const auto id = faults.add(fault({{"provider", "token"}, {"fault", "drop"}})).value().at("id");
    EXPECT_TRUE(faults.show(id.get<std::string>()));
    EXPECT_TRUE(faults.remove(id.get<std::string>()));
    EXPECT_FALSE(faults.remove(id.get<std::string>()));
    EXPECT_FALSE(faults.meeting(Provider::token, ""));
}

TEST(Faults, AreNotKeptWithoutEnd) {
    Faults faults;
    const auto one = fault({{"provider", "token"}, {"fault", "drop"}});
    for (std::size_t i = 0; i < Faults::limit; ++i) ASSERT_TRUE(faults.add(one));
    EXPECT_EQ(faults.add(one).error().failure, Failure::conflict);
}

struct Triggered {
    Provider provider;
    const char* target;
    const char* fault;
    int status;
    std::optional<int> retry_after;
};

TEST(Triggers, AreInTheAddress) {
    const Triggered rows[] = {
        {Provider::fcm, "unreg-1", "unregistered", 404, {}},
        {Provider::fcm, "mismatch-1", "sender_mismatch", 403, {}},
        {Provider::fcm, "quota-1", "quota", 429, 1},
        {Provider::fcm, "quota-nora-1", "quota", 429, {}},
        {Provider::fcm, "unavail-1", "unavailable", 503, {}},
        {Provider::fcm, "html502-1", "html", 502, {}},
        {Provider::fcm, "empty400-1", "empty", 400, {}},
        {Provider::fcm, "slow-1", "slow_body", 0, {}},
        {Provider::myoperator, "919876994001", "wallet", 400, {}},
        {Provider::myoperator, "919876990303", "number_disabled", 400, {}},
        {Provider::myoperator, "919876990500", "null_500", 500, {}},
        {Provider::myoperator, "919876990504", "slow_body", 0, {}},
    };
    for (const auto& row : rows) {
        const auto found = triggered_fault(row.provider, row.target);
        ASSERT_TRUE(found) << row.target;
        EXPECT_EQ(describe(found->kind).name, row.fault) << row.target;
        EXPECT_EQ(found->status, row.status) << row.target;
        EXPECT_EQ(found->retry_after, row.retry_after) << row.target;
    }
    EXPECT_EQ(triggered_fault(Provider::myoperator, "919876991047")->code, 131047);
    EXPECT_FALSE(triggered_fault(Provider::fcm, "a-quota-1"));
    EXPECT_FALSE(triggered_fault(Provider::myoperator, "919876543210"));
}

TEST(Triggers, GiveWayToAFaultThatWasAskedFor) {
    Faults faults;
    ASSERT_TRUE(faults.add(fault({{"provider", "fcm"}, {"fault", "drop"}, {"times", 1}})));

    const auto first = faults.meeting(Provider::fcm, "unreg-1");
    faults.spend(*first);
    const auto second = faults.meeting(Provider::fcm, "unreg-1");
    faults.spend(*second);

    EXPECT_EQ(first->kind, FaultKind::drop);
    EXPECT_EQ(second->kind, FaultKind::unregistered);
    EXPECT_EQ(faults.meeting(Provider::fcm, "unreg-1")->kind, FaultKind::unregistered);
}

}  // namespace
}  // namespace carillon::sandbox
