// Claims of tokens whose signature is right.
#include <gtest/gtest.h>
#include <chrono>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include "http/jwt.hpp"
#include "support/unit_jwt.hpp"

namespace carillon::test {
namespace {

struct ClaimsRow {
    const char* name;
    std::string payload;
    std::string code = "invalid_token";
};
void PrintTo(const ClaimsRow& row, std::ostream* out) {
    *out << row.name;
}

std::string name_of_row(const testing::TestParamInfo<ClaimsRow>& info) {
    return info.param.name;
}

std::string seconds_from_now(std::int64_t difference) {
    return std::to_string(now_seconds + difference);
}

std::string with_sub(const std::string& json) {
    return R"({"role":"customer","exp":)" + seconds_from_now(600) + R"(,"sub":)" + json + '}';
}
std::string with_sub_text(const std::string& text) {
    return with_sub('"' + text + '"');
}
std::string with_role(const std::string& json) {
    return R"({"sub":"u1","exp":)" + seconds_from_now(600) + R"(,"role":)" + json + '}';
}
std::string with_exp(const std::string& json) {
    return R"({"sub":"u1","role":"customer","exp":)" + json + '}';
}
std::string with_nbf(const std::string& json) {
    return good_claims(R"(,"nbf":)" + json);
}
std::string with_iat(const std::string& json) {
    return good_claims(R"(,"iat":)" + json);
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

class JwtClaimsTaken : public testing::TestWithParam<ClaimsRow> {};
class JwtClaimsRefused : public testing::TestWithParam<ClaimsRow> {};

TEST_P(JwtClaimsTaken, WithAGoodSignature) {
    EXPECT_EQ(refusal_of(verifier_with_secret(), hs256_token(hs256_header, GetParam().payload)), "");
}

TEST_P(JwtClaimsRefused, WithItsCodeAndWithoutAnEcho) {
    const auto result = verifier_with_secret().verify(hs256_token(hs256_header, GetParam().payload), jwt_now);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, Failure::unauthenticated);
    EXPECT_EQ(result.error().code, GetParam().code);
    EXPECT_EQ(result.error().detail.find("zebra"), std::string::npos);
}

// The leeway is 30 s: expired at now >= exp + 30, not yet valid at now + 30 < nbf.
INSTANTIATE_TEST_SUITE_P(
    Times, JwtClaimsTaken,
    testing::Values(ClaimsRow{"ExpLastInstantOfTheLeeway", with_exp(seconds_from_now(-29))},
                    ClaimsRow{"ExpWithinTheLeewayByAFraction", with_exp(seconds_from_now(-30) + ".000001")},
                    ClaimsRow{"ExpFraction", with_exp(seconds_from_now(60) + ".5")},
                    ClaimsRow{"ExpWithExponent", with_exp("1.8e9")},
                    ClaimsRow{"ExpLastSecondOfYear9999", with_exp("253402300799")},
                    ClaimsRow{"NbfPast", with_nbf(seconds_from_now(-600))},
                    ClaimsRow{"NbfZero", with_nbf("0")},
                    ClaimsRow{"NbfAtTheLeeway", with_nbf(seconds_from_now(30))},
                    ClaimsRow{"IatPast", with_iat(seconds_from_now(-600))},
                    ClaimsRow{"IatAtTheLeeway", with_iat(seconds_from_now(30))},
                    ClaimsRow{"IatFraction", with_iat(seconds_from_now(-1) + ".25")}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Times, JwtClaimsRefused,
    testing::Values(ClaimsRow{"ExpAtTheLeeway", with_exp(seconds_from_now(-30)), "token_expired"},
                    ClaimsRow{"ExpOneSecondPastTheLeeway", with_exp(seconds_from_now(-31)), "token_expired"},
                    ClaimsRow{"ExpPastByAFraction", with_exp(seconds_from_now(-31) + ".999999"),
                              "token_expired"},
                    ClaimsRow{"ExpZero", with_exp("0"), "token_expired"},
                    ClaimsRow{"ExpMinusZero", with_exp("-0.0"), "token_expired"},
                    ClaimsRow{"ExpMissing", R"({"sub":"u1","role":"customer"})"},
                    ClaimsRow{"ExpNull", with_exp("null")}, ClaimsRow{"ExpTrue", with_exp("true")},
                    ClaimsRow{"ExpText", with_exp('"' + seconds_from_now(600) + '"')},
                    ClaimsRow{"ExpArray", with_exp('[' + seconds_from_now(600) + ']')},
                    ClaimsRow{"ExpNegative", with_exp("-1")},
                    ClaimsRow{"ExpNegativeFraction", with_exp("-0.5")},
                    ClaimsRow{"ExpMostNegative", with_exp("-9223372036854775808")},
                    ClaimsRow{"ExpYear10000", with_exp("253402300800")},
                    ClaimsRow{"ExpYear10000AsAFraction", with_exp("253402300800.0")},
                    ClaimsRow{"ExpInMilliseconds", with_exp(seconds_from_now(600) + "000")},
                    ClaimsRow{"ExpInt64Max", with_exp("9223372036854775807")},
                    ClaimsRow{"ExpUint64Max", with_exp("18446744073709551615")},
                    ClaimsRow{"ExpBeyondUint64", with_exp("18446744073709551616")},
                    ClaimsRow{"Exp1e300", with_exp("1e300")}, ClaimsRow{"Exp1e400", with_exp("1e400")},
                    ClaimsRow{"ExpNaN", with_exp("NaN")}, ClaimsRow{"ExpInfinity", with_exp("Infinity")},
                    ClaimsRow{"ExpHex", with_exp("0xFFFFFFFF")}, ClaimsRow{"ExpLeadingZero", with_exp("01")},
                    ClaimsRow{"ExpPlus", with_exp('+' + seconds_from_now(600))},
                    ClaimsRow{"ExpTwice", good_claims(R"(,"exp":)" + seconds_from_now(9999))},
                    ClaimsRow{"NbfPastTheLeeway", with_nbf(seconds_from_now(31))},
                    ClaimsRow{"NbfPastTheLeewayByAFraction", with_nbf(seconds_from_now(30) + ".000002")},
                    ClaimsRow{"NbfText", with_nbf(R"("0")")}, ClaimsRow{"NbfNull", with_nbf("null")},
                    ClaimsRow{"NbfNegative", with_nbf("-1")}, ClaimsRow{"NbfHuge", with_nbf("1e300")},
                    ClaimsRow{"NbfFutureAndExpPast", R"({"sub":"u1","role":"customer","exp":1,"nbf":)" +
                                                         seconds_from_now(600) + '}'},
                    ClaimsRow{"IatPastTheLeeway", with_iat(seconds_from_now(31))},
                    ClaimsRow{"IatText", with_iat(R"("0")")}, ClaimsRow{"IatNull", with_iat("null")},
                    ClaimsRow{"IatNegative", with_iat("-1")}, ClaimsRow{"IatHuge", with_iat("1e300")}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Identity, JwtClaimsTaken,
    testing::Values(
        ClaimsRow{"SubOfOne", with_sub_text("a")}, ClaimsRow{"SubOf128", with_sub_text(repeated("a", 128))},
        ClaimsRow{"SubOf128CodePointsIn512Bytes", with_sub_text(repeated("\xf0\x9f\x94\x94", 128))},
        ClaimsRow{"SubWithSpace", with_sub_text("Ana Maria")},
        ClaimsRow{"SubWithAccent", with_sub_text("\xc3\xa9l\xc3\xa9onore")},
        ClaimsRow{"SubEscaped", with_sub_text(R"(\u00e9)")}, ClaimsRow{"RoleAdmin", with_role(R"("admin")")},
        ClaimsRow{"RoleService", with_role(R"("service")")},
        ClaimsRow{"RoleSalesperson", with_role(R"("salesperson")")},
        ClaimsRow{"RolePropertyManager", with_role(R"("property_manager")")},
        ClaimsRow{"RoleProvider", with_role(R"("provider")")},
        ClaimsRow{"RoleDeliveryAgent", with_role(R"("delivery_agent")")},
        ClaimsRow{"UnknownClaims", good_claims(R"(,"x":{"y":null},"scope":"all")")},
        ClaimsRow{"IssAndAudThatNobodyAskedFor", good_claims(R"(,"iss":1,"aud":[])")}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Identity, JwtClaimsRefused,
    testing::Values(
        ClaimsRow{"SubMissing", R"({"role":"admin","exp":)" + seconds_from_now(600) + '}'},
        ClaimsRow{"SubEmpty", with_sub_text("")}, ClaimsRow{"SubOf129", with_sub_text(repeated("a", 129))},
        ClaimsRow{"SubOf129CodePoints", with_sub_text(repeated("\xc3\xa9", 129))},
        ClaimsRow{"SubNumber", with_sub("1")}, ClaimsRow{"SubNull", with_sub("null")},
        ClaimsRow{"SubArray", with_sub(R"(["zebra"])")}, ClaimsRow{"SubObject", with_sub("{}")},
        ClaimsRow{"SubTwice", good_claims(R"(,"sub":"zebra")")},
        ClaimsRow{"SubWithNul", with_sub_text(R"(zebra\u0000)")},
        ClaimsRow{"SubWithNewline", with_sub_text(R"(zebra\n)")},
        ClaimsRow{"SubWithTab", with_sub_text(R"(\tzebra)")},
        ClaimsRow{"SubWithDelete", with_sub_text("zebra\x7f")},
        ClaimsRow{"SubWithC1Control", with_sub_text(R"(zebra\u0085)")},
        ClaimsRow{"SubWithTheLastC1Control", with_sub_text(R"(\u009fzebra)")},
        ClaimsRow{"SubWithRawNewline", with_sub_text("zebra\n")},
        ClaimsRow{"SubNotUtf8", with_sub_text("zebra\xff")},
        ClaimsRow{"SubOverlong", with_sub_text("\xc0\x80")},
        ClaimsRow{"SubWithRawSurrogate", with_sub_text("\xed\xa0\x80")},
        ClaimsRow{"SubWithLoneSurrogate", with_sub_text(R"(\ud800)")},
        ClaimsRow{"RoleMissing", R"({"sub":"u1","exp":)" + seconds_from_now(600) + '}'},
        ClaimsRow{"RoleUnknown", with_role(R"("zebra")")},
        ClaimsRow{"RoleUpperCase", with_role(R"("Admin")")}, ClaimsRow{"RoleEmpty", with_role(R"("")")},
        ClaimsRow{"RoleWithSpace", with_role(R"("admin ")")}, ClaimsRow{"RoleNumber", with_role("0")},
        ClaimsRow{"RoleNull", with_role("null")}, ClaimsRow{"RoleArray", with_role(R"(["admin"])")},
        ClaimsRow{"RoleObject", with_role("{}")}, ClaimsRow{"RoleTwice", good_claims(R"(,"role":"admin")")}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Document, JwtClaimsRefused,
    testing::Values(ClaimsRow{"Nothing", ""}, ClaimsRow{"Array", '[' + good_claims() + ']'},
                    ClaimsRow{"Text", R"("zebra")"}, ClaimsRow{"Null", "null"}, ClaimsRow{"Zebra", "zebra"},
                    ClaimsRow{"TwoObjects", good_claims() + good_claims()},
                    ClaimsRow{"TrailingNul", good_claims() + '\0'},
                    ClaimsRow{"NestedToken", hs256_token(hs256_header, good_claims())},
                    ClaimsRow{"NestedTooDeep",
                              good_claims(R"(,"x":)" + repeated("[", 100) + repeated("]", 100))},
                    ClaimsRow{"AnyNameTwice", good_claims(R"(,"zebra":1,"zebra":2)")}),
    name_of_row);

http::JwtVerifier verifier_for(std::string issuer, std::string audience) {
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    settings.issuer = std::move(issuer);
    settings.audience = std::move(audience);
    return http::JwtVerifier::create(settings).value();
}

class JwtOriginTaken : public testing::TestWithParam<ClaimsRow> {};
class JwtOriginRefused : public testing::TestWithParam<ClaimsRow> {};

TEST_P(JwtOriginTaken, WhenItIsTheConfiguredOne) {
    const auto token = hs256_token(hs256_header, good_claims(GetParam().payload));
    EXPECT_EQ(refusal_of(verifier_for("https://id.example", "carillon"), token), "");
}

TEST_P(JwtOriginRefused, WhenItIsNotTheConfiguredOne) {
    const auto token = hs256_token(hs256_header, good_claims(GetParam().payload));
    EXPECT_EQ(refusal_of(verifier_for("https://id.example", "carillon"), token), GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, JwtOriginTaken,
    testing::Values(ClaimsRow{"AudText", R"(,"iss":"https://id.example","aud":"carillon")"},
                    ClaimsRow{"AudArrayOfOne", R"(,"iss":"https://id.example","aud":["carillon"])"},
                    ClaimsRow{"AudAmongOthers", R"(,"iss":"https://id.example","aud":["other","carillon"])"}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Rows, JwtOriginRefused,
    testing::Values(ClaimsRow{"IssMissing", R"(,"aud":"carillon")"},
                    ClaimsRow{"IssOther", R"(,"iss":"https://evil.example","aud":"carillon")"},
                    ClaimsRow{"IssWithSlash", R"(,"iss":"https://id.example/","aud":"carillon")"},
                    ClaimsRow{"IssUpperCase", R"(,"iss":"HTTPS://id.example","aud":"carillon")"},
                    ClaimsRow{"IssPrefix", R"(,"iss":"https://id.exampl","aud":"carillon")"},
                    ClaimsRow{"IssEmpty", R"(,"iss":"","aud":"carillon")"},
                    ClaimsRow{"IssNumber", R"(,"iss":1,"aud":"carillon")"},
                    ClaimsRow{"IssArray", R"(,"iss":["https://id.example"],"aud":"carillon")"},
                    ClaimsRow{"AudMissing", R"(,"iss":"https://id.example")"},
                    ClaimsRow{"AudOther", R"(,"iss":"https://id.example","aud":"other")"},
                    ClaimsRow{"AudPrefix", R"(,"iss":"https://id.example","aud":"carillo")"},
                    ClaimsRow{"AudEmptyArray", R"(,"iss":"https://id.example","aud":[])"},
                    ClaimsRow{"AudArrayOfOthers", R"(,"iss":"https://id.example","aud":["a","b"])"},
                    ClaimsRow{"AudArrayWithANumber", R"(,"iss":"https://id.example","aud":["carillon",1])"},
                    ClaimsRow{"AudNestedArray", R"(,"iss":"https://id.example","aud":[["carillon"]])"},
                    ClaimsRow{"AudObject", R"(,"iss":"https://id.example","aud":{"carillon":1})"},
                    ClaimsRow{"AudNull", R"(,"iss":"https://id.example","aud":null)"}),
    name_of_row);

TEST(JwtTimes, ExpiryIsKeptToTheMicrosecond) {
    const auto token = hs256_token(hs256_header, with_exp(seconds_from_now(60) + ".25"));

    const auto claims = verifier_with_secret().verify(token, jwt_now);

    EXPECT_EQ(claims.value().expires, jwt_now + std::chrono::milliseconds{60'250});
}

TEST(JwtTimes, TheLeewayEndsAtItsMicrosecond) {
    const auto verifier = verifier_with_secret();
    const auto token = hs256_token(hs256_header, with_exp(seconds_from_now(0)));

    EXPECT_EQ(refusal_of(verifier, token, jwt_now + std::chrono::microseconds{29'999'999}), "");
    EXPECT_EQ(refusal_of(verifier, token, jwt_now + std::chrono::seconds{30}), "token_expired");
}

TEST(JwtTimes, ALeewayOfZeroIsHonoured) {
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    settings.leeway = std::chrono::seconds{0};
    const auto verifier = http::JwtVerifier::create(settings).value();
    const auto token = hs256_token(hs256_header, with_exp(seconds_from_now(0)));

    EXPECT_EQ(refusal_of(verifier, token, jwt_now - std::chrono::microseconds{1}), "");
    EXPECT_EQ(refusal_of(verifier, token, jwt_now), "token_expired");
}

// Nobody may learn from the answer that a token he could not sign would have been too old.
TEST(JwtTimes, AnExpiredTokenWithABadSignatureIsInvalidNotExpired) {
    const auto token = hs256_token(hs256_header, with_exp("1"), std::string(32, 'x'));

    EXPECT_EQ(refusal_of(verifier_with_secret(), token), "invalid_token");
}

}  // namespace
}  // namespace carillon::test
