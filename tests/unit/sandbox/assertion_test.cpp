#include "sandbox/assertion.hpp"

#include <gtest/gtest.h>

#include "outbound/client.hpp"
#include "support/unit_sandbox.hpp"

namespace carillon::sandbox {
namespace {

using test::assertion;
using test::good_assertion_claims;
using test::jwt_now;
using test::now_seconds;
using test::our_rsa;

const std::vector<std::string> audiences{std::string{test::sandbox_token_uri}};

const Account& account() {
    static const auto the_account = parse_account(to_text(test::account_json(our_rsa())));
    return the_account.value();
}

// "error: description", or what was granted.
std::string said(const TokenVerdict& verdict) {
    if (const auto* refusal = std::get_if<TokenRefusal>(&verdict))
        return refusal->error + ": " + refusal->description;
    return std::get<Granted>(verdict) == Granted::access_token ? "access" : "id";
}

std::string verdict_on(const std::string& text) {
    return said(judge_assertion(text, account(), audiences, jwt_now));
}

std::string verdict_with(const Json& changes) {
    auto claims = good_assertion_claims(now_seconds);
    claims.merge_patch(changes);  // null takes a claim away
    return verdict_on(assertion(claims));
}

constexpr auto bad_signature = "invalid_grant: Invalid JWT Signature.";
constexpr auto not_short_lived =
    "invalid_grant: Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
    "timeframe. Check your iat and exp values in the JWT claim.";

TEST(Assertion, ThatIsInOrderEarnsAnAccessToken) {
    EXPECT_EQ(verdict_with(Json::object()), "access");
    EXPECT_EQ(verdict_with({{"scope", "openid https://www.googleapis.com/auth/cloud-platform"}}), "access");
}

TEST(Assertion, MustBeMadeOfThreeParts) {
    for (const auto* text : {"", "a.b", "a.b.c", "e30.e30.@", "W10.e30.c2ln"})
        EXPECT_EQ(verdict_on(text), "invalid_request: Bad Request") << text;
}

TEST(Assertion, MustBeSignedByTheAccountsKey) {
    const auto claims = good_assertion_claims(now_seconds);

    EXPECT_EQ(verdict_on(assertion(claims, test::other_rsa())), bad_signature);
    EXPECT_EQ(verdict_on(assertion(claims, our_rsa(), {{"alg", "none"}})), bad_signature);
    EXPECT_EQ(verdict_on(assertion(claims, our_rsa(), {{"alg", "RS256"}, {"kid", "another"}})),
              bad_signature);
    EXPECT_EQ(verdict_on(assertion(claims, our_rsa(), {{"alg", "RS256"}, {"kid", "key-1"}})), "access");
}

TEST(Assertion, IsRefusedInGooglesWords) {
    EXPECT_EQ(verdict_with({{"iss", "x@example.com"}}), "invalid_grant: Invalid grant: account not found");
    EXPECT_EQ(verdict_with({{"iat", nullptr}}), "invalid_grant: Invalid JWT: iat (issued at) is not set.");
    EXPECT_EQ(verdict_with({{"exp", nullptr}}),
              "invalid_grant: Invalid JWT: exp (expiration time) is not set.");
    EXPECT_EQ(verdict_with({{"scope", ""}}),
              "invalid_scope: Invalid OAuth scope or ID token audience provided.");
    EXPECT_EQ(verdict_with({{"aud", "https://example.com"}}),
              "invalid_grant: Invalid JWT: Failed audience check.");
}

TEST(Assertion, WithScopesNobodyKnowsEarnsAnIdTokenOnly) {
    EXPECT_EQ(verdict_with({{"scope", "https://www.googleapis.com/auth/firebase.messagin"}}), "id");
}

TEST(Assertion, LivesAnHourAtMostAndNow) {
    const auto between = [](std::int64_t from, std::int64_t till) {
        return verdict_with({{"iat", now_seconds + from}, {"exp", now_seconds + till}});
    };

    EXPECT_EQ(between(300, 3900), "access");
    EXPECT_EQ(between(0, 3601), not_short_lived);
    EXPECT_EQ(between(301, 3600), not_short_lived);
    EXPECT_EQ(between(-7200, -3600), not_short_lived);
    EXPECT_EQ(between(0, 0), not_short_lived);
}

// Each has everything that comes later wrong too.
TEST(Assertion, IsCheckedInGooglesOrder) {
    Json wrong{{"iss", "x"}, {"iat", nullptr}, {"exp", nullptr}, {"scope", ""}, {"aud", "x"}};
    const auto next = [&wrong] { return verdict_with(wrong); };

    auto claims = good_assertion_claims(now_seconds);
    claims.merge_patch(wrong);
    EXPECT_EQ(verdict_on(assertion(claims, test::other_rsa())), bad_signature);
    EXPECT_EQ(next(), "invalid_grant: Invalid grant: account not found");
    wrong.erase("iss");
    EXPECT_EQ(next(), "invalid_grant: Invalid JWT: iat (issued at) is not set.");
    wrong["iat"] = now_seconds - 7200;
    EXPECT_EQ(next(), "invalid_grant: Invalid JWT: exp (expiration time) is not set.");
    wrong["exp"] = now_seconds - 3600;
    EXPECT_EQ(next(), not_short_lived);
    wrong.erase("iat");
    wrong.erase("exp");
    EXPECT_EQ(next(), "invalid_scope: Invalid OAuth scope or ID token audience provided.");
    wrong["scope"] = "unknown";
    EXPECT_EQ(next(), "invalid_grant: Invalid JWT: Failed audience check.");
    wrong.erase("aud");
    EXPECT_EQ(next(), "id");
}

TEST(TokenRequest, IsAForm) {
    const auto judged = [](const std::string& form) {
        return said(judge_token_request(form, account(), audiences, jwt_now));
    };
    const auto grant = "grant_type=" + outbound::url_encode("urn:ietf:params:oauth:grant-type:jwt-bearer");
    const auto good = assertion(good_assertion_claims(now_seconds));

    EXPECT_EQ(judged(grant + "&assertion=" + good), "access");
    EXPECT_EQ(judged("assertion=" + good + "&" + grant), "access");
    EXPECT_EQ(judged(""), "invalid_request: Bad Request");
    EXPECT_EQ(judged(grant), "invalid_request: Bad Request");
    EXPECT_EQ(judged("grant_type=password&assertion=" + good),
              "unsupported_grant_type: Invalid grant_type: password");
}

TEST(Account, ThatIsMadeCanBeRead) {
    const auto text = make_account("http://127.0.0.1:8001/token");
    const auto made = parse_account(text);

    ASSERT_TRUE(made) << made.error().detail;
    EXPECT_EQ(made->project_id, "carillon-sandbox");
    EXPECT_EQ(made->token_uri, "http://127.0.0.1:8001/token");
    EXPECT_NE(make_account("x"), text);
}

TEST(Account, MovesWithItsKeyOnlyWhenItWasMadeHere) {
    const auto text = make_account("http://127.0.0.1:8001/token");
    const auto moved = moved_account(text, "http://127.0.0.1:9/token");

    EXPECT_EQ(Json::parse(moved).at("private_key"), Json::parse(text).at("private_key"));
    EXPECT_EQ(parse_account(moved)->token_uri, "http://127.0.0.1:9/token");
    EXPECT_EQ(moved_account(R"({"project_id":"a-real-one"})", "http://127.0.0.1:9/token"), "");
}

TEST(Account, ThatCannotBeUsedSaysWhy) {
    auto json = test::account_json(our_rsa());
    EXPECT_EQ(parse_account("[]").error().detail, "the service account is not a JSON object");
    json["private_key"] = test::our_ec().private_pem();
    EXPECT_EQ(parse_account(to_text(json)).error().detail,
              "the private_key of the service account is no RSA key in PEM");
    json.erase("client_email");
    EXPECT_EQ(parse_account(to_text(json)).error().detail, "the service account has no client_email");
}

}  // namespace
}  // namespace carillon::sandbox
