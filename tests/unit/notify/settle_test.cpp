// Every kind of answer, against every circumstance that may change what it means.
#include "notify/settle.hpp"

#include <gmock/gmock.h>

#include <ostream>
#include <string>
#include <vector>

namespace carillon::notify {

// For googletest, when an expectation fails.
void PrintTo(const Settlement& settlement, std::ostream* out) {
    if (const auto* done = std::get_if<Done>(&settlement)) *out << "done " << done->provider_message_id;
    if (const auto* dead = std::get_if<Dead>(&settlement)) *out << "dead: " << name_of(dead->reason);
    if (const auto* wait = std::get_if<Wait>(&settlement)) *out << "waits: " << name_of(wait->reason);
    if (const auto* retry = std::get_if<RetryAt>(&settlement))
        *out << "again at " << to_rfc3339(retry->at) << ": " << name_of(retry->reason)
             << (retry->spends_attempt ? "" : ", for nothing");
}

namespace {

using namespace std::chrono_literals;

const Time now = Time{1'800'000'000s};
const RetryPolicy three_fixed;

Outcome outcome_of(Verdict verdict) {
    Outcome outcome;
    outcome.verdict = std::move(verdict);
    return outcome;
}
Outcome retry(std::optional<std::chrono::milliseconds> after = {}, bool spends_attempt = true) {
    return outcome_of(
        Retry{.reason = Reason::provider_error, .after = after, .spends_attempt = spends_attempt});
}
Outcome unknown() {
    return outcome_of(Unknown{Reason::answer_lost});
}
Settlement again(std::chrono::milliseconds delay, Reason reason = Reason::provider_error,
                 bool spends = true) {
    return RetryAt{now + delay, reason, spends};
}
Settlement dead(Reason reason = Reason::provider_error) {
    return Dead{reason};
}

struct Case {
    std::string name;
    Outcome outcome;
    Attempt attempt;
    Settlement expected;
};

Attempt attempt(int number, bool repeatable = false) {
    return {.number = number, .repeatable = repeatable, .expires_at = {}, .first_at = now - 10min};
}
Attempt expiring(int number, std::chrono::milliseconds left, bool repeatable = false) {
    auto made = attempt(number, repeatable);
    made.expires_at = now + left;
    return made;
}
Attempt begun(std::chrono::milliseconds ago, int number = 1) {
    auto made = attempt(number);
    made.first_at = now - ago;
    return made;
}

std::vector<Case> cases() {
    const auto accepted = outcome_of(Accepted{"wamid.1", "conversation-1"});
    const auto rejected = outcome_of(Reject{Reason::unregistered});
    const Settlement done = Done{"wamid.1", "conversation-1"};
    const auto gone = dead(Reason::unregistered);
    const auto too_late = dead(Reason::expired);
    const auto lost = Reason::answer_lost;
    return {
        {"accepted", accepted, attempt(1), done},
        {"accepted_at_the_last_attempt", accepted, attempt(3), done},
        {"accepted_after_it_expired", accepted, expiring(1, -1h), done},
        {"accepted_repeatable", accepted, attempt(1, true), done},

        {"rejected", rejected, attempt(1), gone},
        {"rejected_repeatable", rejected, attempt(1, true), gone},
        {"rejected_after_it_expired", rejected, expiring(1, -1h), gone},

        {"retry_first", retry(), attempt(1), again(5min)},
        {"retry_second", retry(), attempt(2), again(5min)},
        {"retry_used_up", retry(), attempt(3), dead()},
        {"retry_more_than_used_up", retry(), attempt(9), dead()},
        {"retry_is_the_same_if_repeatable", retry(), attempt(2, true), again(5min)},
        {"retry_at_the_providers_wish", retry(7s), attempt(1), again(7s)},
        {"retry_at_the_providers_wish_at_once", retry(0s), attempt(1), again(0s)},
        {"retry_at_a_wish_in_the_past", retry(-9s), attempt(1), again(0s)},
        {"retry_at_a_wish_of_a_month", retry(720h), attempt(1), again(24h)},
        {"retry_used_up_whatever_the_wish", retry(7s), attempt(3), dead()},
        {"retry_in_time", retry(), expiring(1, 6min), again(5min)},
        {"retry_just_in_time", retry(), expiring(1, 5min), again(5min)},
        {"retry_too_late", retry(), expiring(1, 5min - 1ms), too_late},
        {"retry_too_late_by_the_providers_wish", retry(1h), expiring(1, 6min), too_late},
        {"retry_used_up_and_too_late", retry(), expiring(3, 1s), dead()},
        {"retry_that_counts_has_no_other_end", retry(), begun(240h), again(5min)},

        {"free_retry", retry({}, false), attempt(1), again(5min, Reason::provider_error, false)},
        {"free_retry_never_used_up", retry({}, false), attempt(3),
         again(5min, Reason::provider_error, false)},
        {"free_retry_at_a_wish", retry(2s, false), attempt(3), again(2s, Reason::provider_error, false)},
        {"free_retry_of_nearly_a_day", retry({}, false), begun(24h - 1ms),
         again(5min, Reason::provider_error, false)},
        {"free_retry_of_a_day", retry({}, false), begun(24h), dead()},
        {"free_retry_of_two_days_with_a_longer_use",
         retry({}, false),
         {.number = 1, .expires_at = now + 1h, .first_at = now - 48h},
         again(5min, Reason::provider_error, false)},
        {"free_retry_too_late", retry({}, false), expiring(1, 1min), too_late},

        {"unknown", unknown(), attempt(1), Wait{lost}},
        {"unknown_at_the_last_attempt", unknown(), attempt(3), Wait{lost}},
        {"unknown_after_it_expired", unknown(), expiring(1, -1h), Wait{lost}},
        {"unknown_repeatable", unknown(), attempt(1, true), again(5min, lost)},
        {"unknown_repeatable_used_up", unknown(), attempt(3, true), dead(lost)},
        {"unknown_repeatable_too_late", unknown(), expiring(1, 1min, true), too_late},
    };
}

void PrintTo(const Case& each, std::ostream* out) {
    *out << each.name;
}

class Settles : public testing::TestWithParam<Case> {};

TEST_P(Settles, As) {
    const auto& [name, outcome, made, expected] = GetParam();

    EXPECT_EQ(settle(outcome, made, three_fixed, now), expected);
}

INSTANTIATE_TEST_SUITE_P(Settle, Settles, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

std::chrono::milliseconds delay_of(const RetryPolicy& policy, int number, double random = 0.5) {
    auto made = attempt(number);
    made.random = random;
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::get<RetryAt>(settle(retry(), made, policy, now)).at - now);
}

TEST(Settle, DoublesAnExponentialDelayUpToTheCeiling) {
    const RetryPolicy policy{
        .attempts = 2'000, .backoff = RetryPolicy::Backoff::exponential, .delay = 10s, .ceiling = 1min};

    EXPECT_EQ(delay_of(policy, 1), 10s);
    EXPECT_EQ(delay_of(policy, 2), 20s);
    EXPECT_EQ(delay_of(policy, 3), 40s);
    EXPECT_EQ(delay_of(policy, 4), 60s);
    EXPECT_EQ(delay_of(policy, 1'500), 60s) << "the power has no place in any number";
}

TEST(Settle, JittersAnExponentialDelayBothWays) {
    const RetryPolicy policy{.attempts = 9, .backoff = RetryPolicy::Backoff::exponential, .delay = 10s};

    EXPECT_EQ(delay_of(policy, 1, 0.0), 8s);
    EXPECT_EQ(delay_of(policy, 1, 0.25), 9s);
    EXPECT_EQ(delay_of(policy, 1, 1.0), 12s);
    EXPECT_EQ(delay_of(policy, 1, 7.0), 12s);
}

TEST(Settle, KeepsAFixedDelayToTheSecond) {
    EXPECT_EQ(delay_of(three_fixed, 1, 0.0), 5min);
    EXPECT_EQ(delay_of(three_fixed, 2, 1.0), 5min);
}

TEST(Settle, WhatSomeDevicesHaveIsSentWhenNothingMoreIsTried) {
    auto outcome = retry();
    outcome.partly = Accepted{"projects/p/messages/1", {}};

    EXPECT_EQ(settle(outcome, attempt(1), three_fixed, now), again(5min));
    EXPECT_EQ(settle(outcome, attempt(3), three_fixed, now), Settlement(Done{"projects/p/messages/1", ""}));
}

TEST(Settle, TriesAsOftenAsThePolicySays) {
    const RetryPolicy policy{.attempts = 1};

    EXPECT_EQ(settle(retry(), attempt(1), policy, now), dead());
}

}  // namespace
}  // namespace carillon::notify
