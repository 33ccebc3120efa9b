#include "notify/fair_queue.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <vector>

namespace carillon::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Queue = FairQueue<int>;

bool put(Queue& queue, const std::string& id, const std::string& event, const std::string& user) {
    return queue.push({DeliveryId{id}, event, user, 0});
}

void put_campaign(Queue& queue, int count) {
    for (int i = 0; i < count; ++i)
        put(queue, "campaign-" + std::to_string(i), "product.launched", "customer-" + std::to_string(i));
}

std::string next(Queue& queue) {
    const auto entry = queue.pop();
    return entry ? entry->id.value() : "nothing";
}

std::vector<std::string> rest_of(Queue& queue) {
    std::vector<std::string> ids;
    while (!queue.empty()) ids.push_back(next(queue));
    return ids;
}

// After how many others it goes.
int place_of(Queue& queue, const std::string& id) {
    for (int place = 0; !queue.empty(); ++place) {
        if (next(queue) == id) return place;
    }
    return -1;
}

TEST(FairQueue, LetsALeadPassACampaign) {
    Queue queue;
    put_campaign(queue, 10'000);
    put(queue, "lead", "lead.created", "ann");

    EXPECT_LE(place_of(queue, "lead"), 2);
}

TEST(FairQueue, LetsALeadPassACampaignThatIsHalfDone) {
    Queue queue;
    put_campaign(queue, 10'000);
    for (int i = 0; i < 5'000; ++i) next(queue);
    put(queue, "lead", "lead.created", "ann");

    EXPECT_LE(place_of(queue, "lead"), 2);
}

TEST(FairQueue, DoesNotPutAReaderOfACampaignBehindIt) {
    Queue queue;
    put_campaign(queue, 10'000);
    put(queue, "order", "order.created", "customer-9999");

    EXPECT_LE(place_of(queue, "order"), 3);
}

TEST(FairQueue, LetsNoUserDelayAnother) {
    Queue queue;
    for (int i = 0; i < 1'000; ++i)
        put(queue, "ann-" + std::to_string(i), "event-" + std::to_string(i), "ann");
    put(queue, "ben", "lead.created", "ben");

    EXPECT_LE(place_of(queue, "ben"), 2);
}

TEST(FairQueue, GivesEveryEventItsShare) {
    Queue queue;
    const std::vector<std::string> events{"a", "b", "c"};
    for (const auto& event : events) {
        for (int i = 0; i < 300; ++i)
            put(queue, event + std::to_string(i), event, event + "-user-" + std::to_string(i));
    }

    std::map<char, int> served;
    for (int i = 0; i < 300; ++i) ++served[next(queue).front()];

    EXPECT_THAT(served, ElementsAre(std::pair{'a', 100}, std::pair{'b', 100}, std::pair{'c', 100}));
}

TEST(FairQueue, GivesEveryUserTheirShareOfOneEvent) {
    Queue queue;
    for (int i = 0; i < 90; ++i) put(queue, "ann" + std::to_string(i), "event-" + std::to_string(i), "ann");
    for (int i = 0; i < 90; ++i) put(queue, "ben" + std::to_string(i), "other-" + std::to_string(i), "ben");

    std::map<char, int> served;
    for (int i = 0; i < 60; ++i) ++served[next(queue).front()];

    EXPECT_THAT(served, ElementsAre(std::pair{'a', 30}, std::pair{'b', 30}));
}

TEST(FairQueue, KeepsTheOrderOfOneEventAndUser) {
    Queue queue;
    put(queue, "1", "event", "ann");
    put(queue, "x", "other", "ben");
    put(queue, "2", "event", "ann");
    EXPECT_EQ(next(queue), "1");
    put(queue, "3", "event", "ann");

    EXPECT_THAT(rest_of(queue), ElementsAre("x", "2", "3"));
}

TEST(FairQueue, TakesEqualsInTheOrderTheyCame) {
    Queue queue;
    for (const std::string id : {"c", "a", "b"}) put(queue, id, "event " + id, "user " + id);

    EXPECT_THAT(rest_of(queue), ElementsAre("c", "a", "b"));
}

TEST(FairQueue, OwesNothingToWhoWasAway) {
    Queue queue;
    for (int i = 0; i < 100; ++i) put(queue, "a" + std::to_string(i), "a", "user-" + std::to_string(i));
    for (int i = 0; i < 50; ++i) next(queue);
    for (int i = 0; i < 50; ++i) put(queue, "b" + std::to_string(i), "b", "user-b" + std::to_string(i));

    std::map<char, int> served;
    for (int i = 0; i < 50; ++i) ++served[next(queue).front()];

    EXPECT_THAT(served, ElementsAre(std::pair{'a', 25}, std::pair{'b', 25}));
}

TEST(FairQueue, HoldsADeliveryOnce) {
    Queue queue;

    EXPECT_TRUE(put(queue, "1", "event", "ann"));
    EXPECT_FALSE(put(queue, "1", "event", "ann"));
    EXPECT_EQ(queue.size(), 1u);
    next(queue);
    EXPECT_TRUE(put(queue, "1", "event", "ann"));
}

TEST(FairQueue, GivesBackWhatWasPutIn) {
    Queue queue;
    queue.push({DeliveryId{"1"}, "event", "ann", 42});

    const auto entry = queue.pop();

    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->item, 42);
    EXPECT_EQ(entry->event, "event");
    EXPECT_EQ(entry->user, "ann");
    EXPECT_FALSE(queue.pop());
}

TEST(FairQueue, RemovesADeliveryByItsId) {
    Queue queue;
    for (const std::string id : {"1", "2", "3"}) put(queue, id, "event", "ann");

    EXPECT_EQ(queue.remove(DeliveryId{"2"})->id.value(), "2");
    EXPECT_FALSE(queue.remove(DeliveryId{"2"}));
    EXPECT_THAT(rest_of(queue), ElementsAre("1", "3"));
}

TEST(FairQueue, RemovesWhatIsNoLongerWanted) {
    Queue queue;
    for (const std::string id : {"1", "2", "3"}) put(queue, id, "event", id == "2" ? "ben" : "ann");

    EXPECT_EQ(queue.remove_if([](const Queue::Entry& entry) { return entry.user == "ann"; }), 2u);
    EXPECT_THAT(rest_of(queue), ElementsAre("2"));
}

TEST(FairQueue, DoesNotChargeForWhatWasRemoved) {
    Queue queue;
    put_campaign(queue, 1'000);
    queue.remove_if([](const Queue::Entry&) { return true; });
    put(queue, "first", "other", "ann");
    put(queue, "second", "other", "ben");
    put(queue, "anew", "product.launched", "cid");

    EXPECT_THAT(rest_of(queue), ElementsAre("first", "anew", "second"));
}

TEST(FairQueue, RemembersNobodyWithNothingQueued) {
    Queue queue;
    put_campaign(queue, 1'000);
    EXPECT_EQ(queue.keys(), 1'001u);
    for (int i = 0; i < 990; ++i) next(queue);

    EXPECT_EQ(queue.keys(), 11u);
    EXPECT_EQ(rest_of(queue).size(), 10u);
    EXPECT_EQ(queue.keys(), 0u);
    EXPECT_THAT(rest_of(queue), IsEmpty());
}

}  // namespace
}  // namespace carillon::notify
