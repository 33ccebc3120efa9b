#include <gtest/gtest.h>

#include "notify/counts.hpp"
#include "notify/statistics.hpp"

namespace carillon::notify {
namespace {

TEST(Percentiles, OfNothingThereAreNone) {
    EXPECT_FALSE(percentiles_of({}));
    EXPECT_FALSE(percentiles_of({{4, 0}}));
}

TEST(Percentiles, LieInTheirBuckets) {
    // 900 of 16 to 19 ms, 90 of 256 to 304 ms, 10 of 4096 to 4871 ms.
    const auto found = percentiles_of({{16, 900}, {32, 90}, {48, 10}}).value();

    EXPECT_GE(found.p50, 16);
    EXPECT_LE(found.p50, 19);
    EXPECT_GE(found.p95, 256);
    EXPECT_LE(found.p95, 304);
    EXPECT_LE(found.p99, 304);
}

TEST(Percentiles, AreSpreadEvenlyWithinABucket) {
    EXPECT_EQ(percentiles_of({{40, 100}})->p50, (1024 + 1218) / 2);
}

TEST(Percentiles, ACountThatWasTakenBackIsNone) {
    EXPECT_EQ(percentiles_of({{4, -3}, {40, 1}})->p50, (1024 + 1218) / 2);
}

// Who writes buckets and who reads them agree.
TEST(Percentiles, ALatencyIsFoundAgainInItsBucket) {
    for (const int ms : {1, 2, 3, 10, 150, 999, 60'000, 86'400'000}) {
        const auto measure = latency_measure(std::chrono::milliseconds{ms});
        const auto bucket = std::stoi(measure.substr(3));
        const auto found = percentiles_of({{bucket, 1}}).value();
        EXPECT_NEAR(static_cast<double>(found.p50), ms, 0.2 * ms + 1) << measure;
    }
}

}  // namespace
}  // namespace carillon::notify
