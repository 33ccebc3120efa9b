#include <carillon/id.hpp>

#include <gmock/gmock.h>

#include <chrono>
#include <thread>
#include <unordered_set>
#include <vector>

namespace carillon {
namespace {

std::int64_t milliseconds_now() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

TEST(MakeId, IsThePrefixAndAUuidOfVersionSeven) {
    const auto id = make_id("dev_");

    EXPECT_THAT(id, testing::MatchesRegex("dev_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}"));
    EXPECT_EQ(make_id("").size(), 32U);
}

TEST(MakeId, BeginsWithTheTimeItWasMade) {
    const auto before = milliseconds_now();
    const auto id = make_id("");
    const auto after = milliseconds_now();

    const auto made = std::stoll(id.substr(0, 12), nullptr, 16);
    EXPECT_GE(made, before);
    EXPECT_LE(made, after);
}

TEST(MakeId, NeverRepeatsInOrBetweenThreads) {
    constexpr std::size_t threads = 4;
    constexpr std::size_t each = 20'000;
    std::vector<std::vector<std::string>> made(threads);
    {
        std::vector<std::jthread> makers;
        for (auto& ids : made)
            makers.emplace_back([&ids] {
                for (std::size_t i = 0; i < each; ++i) ids.push_back(make_id("x_"));
            });
    }

    std::unordered_set<std::string> all;
    for (const auto& ids : made) all.insert(ids.begin(), ids.end());
    EXPECT_EQ(all.size(), threads * each);
}

TEST(Id, ComparesAndHashesByItsValue) {
    EXPECT_EQ(UserId{"a"}, UserId{"a"});
    EXPECT_LT(UserId{"a"}, UserId{"b"});
    EXPECT_TRUE(UserId{}.empty());
    EXPECT_EQ(std::hash<UserId>{}(UserId{"a"}), std::hash<UserId>{}(UserId{"a"}));
    static_assert(!std::is_convertible_v<UserId, DeviceId> && !std::is_convertible_v<std::string, UserId>);
}

}  // namespace
}  // namespace carillon
