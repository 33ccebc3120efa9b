// Headers of tokens whose signature is right: only the header decides.
#include <gtest/gtest.h>
#include <ostream>
#include <string>
#include "support/unit_jwt.hpp"

namespace carillon::test {
namespace {

struct HeaderRow {
    const char* name;
    std::string header;
};
void PrintTo(const HeaderRow& row, std::ostream* out) {
    *out << row.name;
}

std::string name_of_row(const testing::TestParamInfo<HeaderRow>& info) {
    return info.param.name;
}

class JwtHeaderTaken : public testing::TestWithParam<HeaderRow> {};
class JwtHeaderRefused : public testing::TestWithParam<HeaderRow> {};

TEST_P(JwtHeaderTaken, WithAGoodSignature) {
    EXPECT_EQ(refusal_of(verifier_with_secret(), hs256_token(GetParam().header, good_claims())), "");
}

TEST_P(JwtHeaderRefused, AsInvalidTokenWithoutAnEcho) {
    const auto result = verifier_with_secret().verify(hs256_token(GetParam().header, good_claims()), jwt_now);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, "invalid_token");
    EXPECT_EQ(result.error().detail.find("zebra"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, JwtHeaderTaken,
    testing::Values(HeaderRow{"AlgOnly", R"({"alg":"HS256"})"},
                    HeaderRow{"TypJwt", R"({"alg":"HS256","typ":"JWT"})"},
                    HeaderRow{"TypLowerCase", R"({"alg":"HS256","typ":"jwt"})"},
                    HeaderRow{"TypAccessToken", R"({"typ":"at+jwt","alg":"HS256"})"},
                    HeaderRow{"TypAccessTokenUpper", R"({"typ":"AT+JWT","alg":"HS256"})"},
                    HeaderRow{"WithSpaces", " {\r\n \"alg\" : \"HS256\" }\n"},
                    HeaderRow{"AlgEscaped", R"({"alg":"\u0048S256"})"},
                    HeaderRow{"UnknownMember", R"({"alg":"HS256","x":{"y":[1]}})"},
                    HeaderRow{"KidOfAnUnnamedSecret", R"({"alg":"HS256","kid":"2026-11"})"},
                    HeaderRow{"EmbeddedKeyIsIgnored", R"({"alg":"HS256","jwk":{"kty":"oct","k":"AAAA"}})"},
                    HeaderRow{"AddressesAreIgnored",
                              R"({"alg":"HS256","jku":"https://a","x5u":"b","x5c":[]})"}),
    name_of_row);

std::string nested(std::size_t depth) {
    return R"({"alg":"HS256","x":)" + std::string(depth, '[') + std::string(depth, ']') + '}';
}

INSTANTIATE_TEST_SUITE_P(
    Rows, JwtHeaderRefused,
    testing::Values(
        HeaderRow{"AlgLowerCase", R"({"alg":"hs256"})"}, HeaderRow{"AlgMixedCase", R"({"alg":"Hs256"})"},
        HeaderRow{"AlgHs384", R"({"alg":"HS384"})"}, HeaderRow{"AlgHs512", R"({"alg":"HS512"})"},
        HeaderRow{"AlgEdDsa", R"({"alg":"EdDSA"})"}, HeaderRow{"AlgPs256", R"({"alg":"PS256"})"},
        HeaderRow{"AlgEs256k", R"({"alg":"ES256K"})"}, HeaderRow{"AlgWithSpace", R"({"alg":"HS256 "})"},
        HeaderRow{"AlgUnknown", R"({"alg":"zebra"})"}, HeaderRow{"AlgNumber", R"({"alg":256})"},
        HeaderRow{"AlgNull", R"({"alg":null})"}, HeaderRow{"AlgArray", R"({"alg":["HS256"]})"},
        HeaderRow{"AlgNameUpper", R"({"ALG":"HS256"})"}, HeaderRow{"AlgMissing", R"({"typ":"JWT"})"},
        HeaderRow{"AlgTwice", R"({"alg":"HS256","alg":"HS256"})"},
        HeaderRow{"AlgTwiceOnceEscaped", R"({"alg":"HS256","\u0061lg":"none"})"},
        HeaderRow{"KidTwice", R"({"alg":"HS256","kid":"a","kid":"b"})"},
        HeaderRow{"Crit", R"({"alg":"HS256","crit":["exp"]})"},
        HeaderRow{"CritUnknown", R"({"alg":"HS256","crit":["zebra"],"zebra":1})"},
        HeaderRow{"CritEmpty", R"({"alg":"HS256","crit":[]})"},
        HeaderRow{"CritNull", R"({"alg":"HS256","crit":null})"},
        HeaderRow{"B64False", R"({"alg":"HS256","b64":false})"},
        HeaderRow{"B64True", R"({"alg":"HS256","b64":true})"},
        HeaderRow{"Zip", R"({"alg":"HS256","zip":"DEF"})"},
        HeaderRow{"TypOther", R"({"alg":"HS256","typ":"zebra"})"},
        HeaderRow{"TypLogout", R"({"alg":"HS256","typ":"logout+jwt"})"},
        HeaderRow{"TypLonger", R"({"alg":"HS256","typ":"JWTs"})"},
        HeaderRow{"TypEmpty", R"({"alg":"HS256","typ":""})"},
        HeaderRow{"TypNumber", R"({"alg":"HS256","typ":1})"},
        HeaderRow{"TypNull", R"({"alg":"HS256","typ":null})"},
        HeaderRow{"KidNumber", R"({"alg":"HS256","kid":1})"},
        HeaderRow{"KidNull", R"({"alg":"HS256","kid":null})"},
        HeaderRow{"KidArray", R"({"alg":"HS256","kid":["zebra"]})"}, HeaderRow{"NotJson", "alg=HS256"},
        HeaderRow{"JsonText", R"("HS256")"}, HeaderRow{"JsonArray", R"(["HS256"])"},
        HeaderRow{"JsonNull", "null"}, HeaderRow{"TwoValues", R"({"alg":"HS256"}{})"},
        HeaderRow{"TrailingComma", R"({"alg":"HS256",})"}, HeaderRow{"Comment", R"({"alg":"HS256"/**/})"},
        HeaderRow{"Unfinished", R"({"alg":"HS256")"},
        HeaderRow{"InvalidUtf8", "{\"alg\":\"HS256\",\"x\":\"\xff\"}"},
        HeaderRow{"OverlongUtf8", "{\"alg\":\"HS256\",\"x\":\"\xc0\xaf\"}"},
        HeaderRow{"NulByte", std::string("{\"alg\":\"HS256\"}\0", 16)},
        HeaderRow{"NulEscaped", R"({"alg":"HS256\u0000"})"},
        HeaderRow{"LoneSurrogate", R"({"alg":"HS256","x":"\ud800"})"},
        HeaderRow{"NestedTooDeep", nested(100)}, HeaderRow{"NestedFarTooDeep", nested(2500)}),
    name_of_row);

}  // namespace
}  // namespace carillon::test
