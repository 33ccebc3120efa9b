// Everything arrives, in order, once: live, after a pause, and to those who are slow.
#include "integration/realtime/hub_fixture.hpp"

#include <numeric>

namespace carillon::realtime {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::int64_t> from_to(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> all(static_cast<std::size_t>(last - first + 1));
    std::iota(all.begin(), all.end(), first);
    return all;
}

TEST_F(HubTest, WhoComesIsToldWhereTheFeedEndsAndThenWhatHappens) {
    store("ada", 3);
    const auto ada = open("ada");
    EXPECT_EQ(ada->last("connected").at("last_seq"), 3);

    store_and_tell("ada", 2);

    EXPECT_THAT(ada->places(), ElementsAre(4, 5));
    EXPECT_THAT(ada->types(), ElementsAre("connected", "notification", "notification"));
}

TEST_F(HubTest, WhoComesBackIsToldWhatWasMissedAndThenThatThisWasAll) {
    store("ada", 250);

    const auto ada = open("ada", 10);

    EXPECT_THAT(ada->places(), ElementsAreArray(from_to(11, 250)));
    EXPECT_EQ(ada->types().front(), "connected");
    EXPECT_EQ(ada->types().back(), "resumed");
    EXPECT_EQ(ada->last("resumed"), (Json{{"count", 240}, {"gap", false}, {"last_seq", 250}}));
}

TEST_F(HubTest, WhatIsToldMeanwhileComesBehindWhatWasMissed) {
    store("ada", 120);
    const auto ada = knock("ada", 0);
    store_and_tell("ada", 5);
    until([&] { return ada->count("resumed") > 0; });
    store_and_tell("ada", 1);

    EXPECT_THAT(ada->places(), ElementsAreArray(from_to(1, 126)));
}

TEST_F(HubTest, NothingMissedIsSaidToo) {
    store("ada", 3);
    EXPECT_EQ(open("ada", 3)->last("resumed"), (Json{{"count", 0}, {"gap", false}, {"last_seq", 3}}));
    EXPECT_EQ(open("new", 0)->last("resumed"), (Json{{"count", 0}, {"gap", false}, {"last_seq", 0}}));
}

TEST_F(HubTest, ACursorFromTheFutureIsAGap) {
    store("ada", 3);
    const auto ada = open("ada", 99);
    EXPECT_EQ(ada->last("resumed"), (Json{{"count", 0}, {"gap", true}, {"last_seq", 3}}));

    store_and_tell("ada", 1);
    EXPECT_THAT(ada->places(), ElementsAre(4));
}

TEST_F(HubTest, WhatIsNotKeptAnyMoreIsAGap) {
    kept.messages = 10;
    rebuild();
    store("ada", 30);
    const auto ada = open("ada", 5);
    EXPECT_THAT(ada->places(), ElementsAreArray(from_to(21, 30)));
    EXPECT_EQ(ada->last("resumed").at("gap"), true);

    const auto again = open("ada", 20);
    EXPECT_EQ(again->last("resumed").at("gap"), false);
}

TEST_F(HubTest, WhatIsTooOldIsAGap) {
    store("old", 5, "8 days");
    const auto old = open("old", 1);
    EXPECT_EQ(old->last("resumed"), (Json{{"count", 0}, {"gap", true}, {"last_seq", 5}}));

    store("mixed", 3, "8 days");
    store("mixed", 2);
    const auto mixed = open("mixed", 1);
    EXPECT_THAT(mixed->places(), ElementsAre(4, 5));
    EXPECT_EQ(mixed->last("resumed").at("gap"), true);
}

TEST_F(HubTest, TheRecentComesFromMemory) {
    const auto first = open("ada");
    store_and_tell("ada", 5);
    const auto pages = hub->numbers().pages;

    const auto again = open("ada", 2);

    EXPECT_THAT(again->places(), ElementsAre(3, 4, 5));
    EXPECT_EQ(hub->numbers().pages, pages);
}

TEST_F(HubTest, MemoryHasItsLimit) {
    settings.recent_bytes = 4'000;
    rebuild();
    const auto first = open("ada");
    store_and_tell("ada", 100);
    EXPECT_LE(hub->numbers().recent_bytes, 4'000U);
    EXPECT_THAT(first->places(), ElementsAreArray(from_to(1, 100)));

    const auto again = open("ada", 0);

    EXPECT_THAT(again->places(), ElementsAreArray(from_to(1, 100)));
}

TEST_F(HubTest, NobodyIsKeptInMemoryWhoWasNeverHere) {
    store_and_tell("stranger", 3);
    EXPECT_EQ(hub->numbers().mailboxes, 0U);
}

TEST_F(HubTest, WhatWasCommittedAndNotToldYetIsFetched) {
    const auto ada = open("ada");
    const auto untold = store("ada", 3);
    store_and_tell("ada", 1);
    until([&] { return ada->places().size() == 4; });
    hub->tell(untold);  // at last

    store_and_tell("ada", 1);

    EXPECT_THAT(ada->places(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(HubTest, ToldTwiceIsHeardOnce) {
    const auto ada = open("ada");
    const auto items = store("ada", 2);
    hub->tell(items);
    hub->tell(items);
    EXPECT_THAT(ada->places(), ElementsAre(1, 2));
}

TEST_F(HubTest, EveryConnectionOfAReaderHearsEverything) {
    const auto phone = open("ada");
    const auto tablet = open("ada");
    const auto other = open("bob");
    store_and_tell("ada", 1);
    EXPECT_THAT(phone->places(), ElementsAre(1));
    EXPECT_THAT(tablet->places(), ElementsAre(1));
    EXPECT_THAT(other->places(), IsEmpty());
}

// ---- Slow readers

TEST_F(HubTest, WhoIsSlowIsLeftToTheDatabaseAndMissesNothing) {
    settings.queue_messages = 16;
    rebuild();
    const auto slow = open("ada");
    const auto quick = open("ada");
    slow->slow = true;

    store_and_tell("ada", 300);

    EXPECT_EQ(quick->places().size(), 300U);
    EXPECT_EQ(slow->places().size(), 16U);
    EXPECT_EQ(slow->last("catch_up"), (Json{{"from_seq", 17}, {"last_seq", 100}}));
    until([&] {
        EXPECT_LE(slow->waiting, 16U + 2U);
        slow->read(*slow.session);
        return slow->count("resumed") > 0;
    });
    EXPECT_THAT(slow->places(), ElementsAreArray(from_to(1, 300)));
    EXPECT_EQ(slow->last("resumed"), (Json{{"count", 284}, {"gap", false}, {"last_seq", 300}}));
    EXPECT_EQ(slow->count("catch_up"), 1U);
    EXPECT_EQ(hub->numbers().fell_behind, 1U);
}

TEST_F(HubTest, BytesCountAsMessagesDo) {
    settings.queue_bytes = 1'000;
    rebuild();
    const auto slow = open("ada");
    slow->slow = true;
    store_and_tell("ada", 50);
    EXPECT_LT(slow->bytes, 1'500U);
    EXPECT_EQ(slow->count("catch_up"), 1U);
}

TEST_F(HubTest, WhenAllTogetherWaitForTooMuchEachHasItsShare) {
    settings.queue_total_bytes = 500;
    rebuild();
    const auto slow = open("ada");
    slow->slow = true;
    slow->bytes_of_all = settings.queue_total_bytes;
    store_and_tell("ada", 10);
    EXPECT_LT(slow->places().size(), 10U);
    EXPECT_GT(slow->places().size(), 1U);
    slow->bytes_of_all = 0;
    slow->read(*slow.session);
    EXPECT_THAT(slow->places(), ElementsAreArray(from_to(1, 10)));
}

TEST_F(HubTest, APageStopsWhereTheConnectionIsFull) {
    settings.queue_messages = 16;
    settings.recent_bytes = 0;
    rebuild();
    store("ada", 100);
    const auto slow = knock("ada", 0);
    slow->slow = true;
    until([&] {
        EXPECT_LE(slow->waiting, 18U);
        EXPECT_EQ(slow->closed, 0);
        slow->read(*slow.session);
        return slow->count("resumed") > 0;
    });
    EXPECT_THAT(slow->places(), ElementsAreArray(from_to(1, 100)));
    EXPECT_EQ(slow->last("resumed").at("gap"), false);
}

TEST_F(HubTest, WhoIsLetGoWhileItIsToldCostsTheOthersNothing) {
    const auto first = open("ada");
    const auto second = open("ada");
    const auto third = open("ada");
    second->slow = true;
    second->waiting = 2 * settings.queue_messages;

    store_and_tell("ada", 3);

    EXPECT_EQ(second->closed, 1013);
    EXPECT_THAT(first->places(), ElementsAre(1, 2, 3));
    EXPECT_THAT(third->places(), ElementsAre(1, 2, 3));
}

// ---- What memory does not know

TEST_F(HubTest, WhatWasCommittedAndNeverToldIsFoundAllTheSame) {
    const auto phone = open("ada");
    const auto tablet = open("ada");
    store("ada", 2);  // whoever committed them never knew that they had

    hub->distrust();
    until([&] { return tablet->places().size() == 2; });

    EXPECT_THAT(phone->places(), ElementsAre(1, 2));
    store_and_tell("ada", 1);
    EXPECT_THAT(phone->places(), ElementsAre(1, 2, 3));
    EXPECT_THAT(tablet->places(), ElementsAre(1, 2, 3));
}

TEST_F(HubTest, WhatWasNeverToldIsFoundByThePatrol) {
    const auto ada = open("ada");
    store("ada", 2);
    hub->start();
    until([&] { return ada->places().size() == 2; });
}

TEST_F(HubTest, APlaceThatMemoryDoesNotKnowMayExist) {
    const auto first = open("ada");
    store("ada", 4);  // another server's, say

    const auto ada = open("ada", 3);

    EXPECT_THAT(ada->places(), ElementsAre(4));
    EXPECT_EQ(ada->last("resumed"), (Json{{"count", 1}, {"gap", false}, {"last_seq", 4}}));
    say(first, {{"type", "resume"}, {"data", {{"last_seq", 9}}}});
    until([&] { return first->count("resumed") > 0; });
    EXPECT_EQ(first->last("resumed").at("gap"), true);
}

TEST_F(HubTest, AFeedThatBeganAnewIsToldFromItsBeginning) {
    const auto ada = open("ada");
    store_and_tell("ada", 5);
    own().query("DELETE FROM feed; DELETE FROM feed_heads");
    hub->distrust();
    until([&] { return ada->count("resumed") > 0; });
    EXPECT_EQ(ada->last("resumed"), (Json{{"count", 0}, {"gap", true}, {"last_seq", 0}}));

    store_and_tell("ada", 1);

    EXPECT_THAT(ada->places(), ElementsAre(1, 2, 3, 4, 5, 1));
}

// ---- Resume

TEST_F(HubTest, ResumeTellsAgain) {
    const auto ada = open("ada");
    store_and_tell("ada", 3);
    say(ada, {{"type", "resume"}, {"data", {{"last_seq", 1}}}});
    EXPECT_THAT(ada->places(), ElementsAre(1, 2, 3, 2, 3));
    EXPECT_EQ(ada->last("resumed"), (Json{{"count", 2}, {"gap", false}, {"last_seq", 3}}));
}

TEST_F(HubTest, ResumeWhileAPageIsOnItsWayStartsFromThere) {
    store("ada", 250);
    const auto ada = knock("ada", 0);
    until([&] { return ada->places().size() >= 100; });
    say(ada, {{"type", "resume"}, {"data", {{"last_seq", 240}}}});
    until([&] { return ada->count("resumed") > 0; });

    auto expected = from_to(1, 100);
    const auto again = from_to(241, 250);
    expected.insert(expected.end(), again.begin(), again.end());
    EXPECT_THAT(ada->places(), ElementsAreArray(expected));
    EXPECT_EQ(ada->last("resumed").at("count"), 10);
}

TEST_F(HubTest, WhatIsSaidBeforeTheStartIsAnsweredBehindIt) {
    store("ada", 3);
    const auto ada = knock("ada");
    say(ada, {{"type", "ping"}});
    ada.session->received("{");
    EXPECT_THAT(ada->types(), IsEmpty());
    until([&] { return ada->count("error") > 0; });
    EXPECT_THAT(ada->types(), ElementsAre("connected", "pong", "error"));

    const auto bob = knock("bob");
    for (int i = 0; i < 120; ++i) say(bob, {{"type", "ping"}});
    EXPECT_EQ(bob->closed, 1008);
}

TEST_F(HubTest, ResumeAHundredTimesIsSlowedDown) {
    const auto ada = open("ada");
    store_and_tell("ada", 2);
    for (int i = 0; i < 20; ++i) say(ada, {{"type", "resume"}, {"data", {{"last_seq", 1}}}});
    EXPECT_LE(ada->count("resumed"), 6U);
    EXPECT_EQ(ada->last("error").at("code"), "rate_limited");
}

// ---- Coming and going

TEST_F(HubTest, OneConnectionTooManyClosesTheOldest) {
    settings.connections_per_user = 2;
    rebuild();
    const auto first = open("ada");
    const auto second = open("ada");
    const auto third = open("ada");
    EXPECT_EQ(first->closed, 4429);
    EXPECT_EQ(second->closed + third->closed, 0);
    EXPECT_EQ(hub->numbers().connections, 2U);
}

TEST_F(HubTest, WhoIsErasedIsCutOffAndForgotten) {
    const auto ada = open("ada");
    store_and_tell("ada", 3);
    own().query("DELETE FROM feed; DELETE FROM feed_heads");

    hub->erased(UserId{"ada"});

    EXPECT_EQ(ada->closed, 4403);
    const auto again = open("ada");
    store_and_tell("ada", 1);
    EXPECT_THAT(again->places(), ElementsAre(1));
}

TEST_F(HubTest, AServerThatStopsSaysWhenToComeBack) {
    const auto ada = open("ada");
    ada.session->going_away();
    EXPECT_EQ(ada->closed, 1012);
    EXPECT_EQ(Json::parse(ada->reason).at("retry_after_ms"), 1'000);
}

TEST_F(HubTest, ATokenThatRunsOutCloses) {
    Session::Start start;
    start.user = UserId{"ada"};
    start.expires = system_now() + std::chrono::seconds{60};
    const auto ada = connect(std::move(start));
    EXPECT_GT(ada->life.count(), 50'000);
    EXPECT_LE(ada->life.count(), 60'000);
    ada.session->expired();  // a clock that comes by early ends nothing
    EXPECT_EQ(ada->closed, 0);

    Session::Start late;
    late.user = UserId{"ada"};
    late.expires = system_now();
    const auto bob = connect(std::move(late));
    EXPECT_GT(bob->life.count(), 10'000);
    bob.session->expired();
    EXPECT_EQ(bob->closed, 4401);
    settle();
}

TEST_F(HubTest, WithoutADatabaseWhoComesIsSentAwayForAMoment) {
    database->stop(std::chrono::seconds{5});
    const auto ada = knock("ada");
    until([&] { return ada->closed != 0; });
    EXPECT_EQ(ada->closed, 1013);
    EXPECT_THAT(ada->reason, HasSubstr("retry_after_ms"));
}

TEST_F(HubTest, WhatComesBackAfterTheConnectionHasGoneReachesNobody) {
    store("ada", 5);
    const auto ada = knock("ada", 0);
    ada.session->closed(1006);
    settle();
    EXPECT_THAT(ada->messages, IsEmpty());
    EXPECT_EQ(hub->numbers().connections, 0U);
}

}  // namespace
}  // namespace carillon::realtime
