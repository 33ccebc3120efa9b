#include "channels/access_token.hpp"

#include <gmock/gmock.h>

#include <boost/asio/use_future.hpp>
#include <vector>

#include "integration/channels/bench.hpp"

namespace carillon::channels {
namespace {

using namespace std::chrono_literals;

class AccessTokenTest : public testing::Test {
protected:
    AccessTokenTest() {
        AccessTokenSettings settings;
        settings.first_pause = 1ms;
        settings.timeout = Bench::patience;
        tokens.emplace(bench.client, Bench::account(bench.imposter.url() + token_path), settings,
                       bench.clock());
    }
    TokenGrant get() { return bench.run(tokens->get()); }
    std::string token() { return get().token->reveal(); }
    // Until what goes on behind the callers' backs has come to its end.
    void finish_background() {
        bench.io.restart();
        bench.io.run();
    }
    std::size_t fetches() { return bench.imposter.requests(token_path).size(); }

    Bench bench;
    std::optional<AccessTokens> tokens;
};

TEST_F(AccessTokenTest, AsksWithASignedAssertion) {
    bench.imposter.when(token_path).reply(200, token_body());

    EXPECT_EQ(token(), access_token);

    const auto request = bench.imposter.requests(token_path).at(0);
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
    const std::string begins = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
    ASSERT_THAT(request.body, testing::StartsWith(begins));
    EXPECT_TRUE(test::google_account().has_signed(request.body.substr(begins.size())));
}

TEST_F(AccessTokenTest, AsksOnceForAllWhoNeedIt) {
    bench.imposter.when(token_path).reply(200, token_body());

    std::vector<std::future<TokenGrant>> grants;
    for (int i = 0; i < 10; ++i) grants.push_back(asio::co_spawn(bench.io, tokens->get(), asio::use_future));
    for (auto& grant : grants) EXPECT_TRUE(test::finish_on_loop(bench.io, grant).granted());
    EXPECT_EQ(token(), access_token);

    EXPECT_EQ(fetches(), 1U);
}

TEST_F(AccessTokenTest, RenewsEarlyWhileTheOldOneIsStillUsed) {
    bench.imposter.when(token_path).reply(200, token_body("old", "3600")).reply(200, token_body("new"));
    EXPECT_EQ(token(), "old");

    bench.now += 3600s - 226s;
    EXPECT_EQ(token(), "old");
    EXPECT_EQ(fetches(), 1U);
    bench.now += 2s;
    EXPECT_EQ(token(), "old") << "nobody waits for the renewal";

    finish_background();

    EXPECT_EQ(token(), "new");
    EXPECT_EQ(fetches(), 2U);
}

TEST_F(AccessTokenTest, WaitsForANewOneAfterTheOldHasRunOut) {
    bench.imposter.when(token_path).reply(200, token_body("old")).reply(200, token_body("new"));
    EXPECT_EQ(token(), "old");

    bench.now += 3601s;

    EXPECT_EQ(token(), "new");
}

TEST_F(AccessTokenTest, GoesOnWithTheOldOneWhenTheRenewalFails) {
    bench.imposter.when(token_path).reply(200, token_body("old")).reply(400).reply(200, token_body("new"));
    EXPECT_EQ(token(), "old");
    bench.now += 3500s;
    EXPECT_EQ(token(), "old");
    finish_background();

    EXPECT_EQ(token(), "old");
    finish_background();
    EXPECT_EQ(fetches(), 2U) << "not at once again";

    bench.now += 11s;
    EXPECT_EQ(token(), "old");
    finish_background();
    EXPECT_EQ(token(), "new");
}

TEST_F(AccessTokenTest, TriesThreeTimes) {
    bench.imposter.when(token_path)
        .reply(503)
        .reply(500, R"({"error": "internal_failure"})")
        .reply(200, token_body());
    EXPECT_EQ(token(), access_token);
    EXPECT_EQ(fetches(), 3U);
}

TEST_F(AccessTokenTest, GivesUpAfterThree) {
    bench.imposter.when(token_path).reply(503, "", {{"Retry-After", "7"}});

    const auto grant = get();

    EXPECT_FALSE(grant.granted());
    EXPECT_FALSE(grant.refused);
    EXPECT_EQ(grant.reason, Reason::provider_error);
    EXPECT_EQ(grant.retry_after, 7s);
    EXPECT_EQ(fetches(), 3U);
}

TEST_F(AccessTokenTest, DoesNotRepeatARefusal) {
    bench.imposter.when(token_path).reply(400, R"({"error": "invalid_grant"})");

    const auto grant = get();

    EXPECT_TRUE(grant.refused);
    EXPECT_EQ(grant.reason, Reason::credentials_refused);
    EXPECT_EQ(fetches(), 1U);
}

TEST_F(AccessTokenTest, ReplacesARefusedTokenOnce) {
    bench.imposter.when(token_path).reply(200, token_body("old")).reply(200, token_body("new"));
    const auto old = get().token;

    EXPECT_EQ(bench.run(tokens->instead_of(old)).token->reveal(), "new");
    EXPECT_EQ(bench.run(tokens->instead_of(old)).token->reveal(), "new") << "somebody else has replaced it";

    EXPECT_EQ(fetches(), 2U);
}

}  // namespace
}  // namespace carillon::channels
