// Tokens that were never signed by us, or were and then touched (RFC 8725, sections 2 and 3).
#include <gtest/gtest.h>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include <carillon/bytes.hpp>
#include "http/jwt.hpp"
#include "support/unit_jwt.hpp"

namespace carillon::test {
namespace {

constexpr std::string_view rs256_header = R"({"alg":"RS256"})";
constexpr std::string_view es256_header = R"({"alg":"ES256"})";
constexpr std::string_view base64url_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const http::JwtVerifier& verifier() {
    static const auto made = [] {
        http::JwtSettings settings;
        settings.hs256_secret = a_secret();
        settings.public_key_pem = our_rsa().public_pem();
        settings.jwks = jwks_of({our_ec().jwk_members()});
        return http::JwtVerifier::create(settings).value();
    }();
    return made;
}

std::string good() {
    return hs256_token(hs256_header, good_claims());
}
std::string good_text() {
    return unsigned_text(hs256_header, good_claims());
}
std::string good_signature() {
    return good().substr(good().rfind('.') + 1);
}

struct Attack {
    const char* name;
    std::function<std::string()> make;
};
void PrintTo(const Attack& attack, std::ostream* out) {
    *out << attack.name;
}

std::string name_of_row(const testing::TestParamInfo<Attack>& info) {
    return info.param.name;
}

class JwtAttack : public testing::TestWithParam<Attack> {};

TEST_P(JwtAttack, IsRefused) {
    ASSERT_EQ(refusal_of(verifier(), good()), "") << "the token that the attacks start from must be good";

    const auto result = verifier().verify(GetParam().make(), jwt_now);

    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, Failure::unauthenticated);
    EXPECT_EQ(result.error().code, "invalid_token");
    EXPECT_FALSE(result.error().detail.empty());
}

Attack unsigned_with(const char* name, const char* alg) {
    return {name, [alg] {
                const auto header = std::string{R"({"alg":)"} + alg + "}";
                return unsigned_text(header, good_claims()) + '.';
            }};
}

INSTANTIATE_TEST_SUITE_P(
    NoSignature, JwtAttack,
    testing::Values(
        unsigned_with("AlgNone", R"("none")"), unsigned_with("AlgNoneCapitalised", R"("None")"),
        unsigned_with("AlgNoneUpper", R"("NONE")"), unsigned_with("AlgNoneMixed", R"("nOnE")"),
        unsigned_with("AlgNoneWithSpace", R"("none ")"), unsigned_with("AlgNoneEscaped", R"("\u006eone")"),
        unsigned_with("AlgEmpty", R"("")"), unsigned_with("AlgNull", "null"),
        unsigned_with("AlgFalse", "false"), unsigned_with("AlgArray", R"(["HS256"])"),
        Attack{"AlgMissing", [] { return unsigned_text("{}", good_claims()) + '.'; }},
        Attack{"AlgHs256ButUnsigned", [] { return good_text() + '.'; }},
        Attack{"AlgRs256ButUnsigned", [] { return unsigned_text(rs256_header, good_claims()) + '.'; }},
        Attack{"AlgEs256ButUnsigned", [] { return unsigned_text(es256_header, good_claims()) + '.'; }},
        Attack{"AlgNoneWithASignature", [] { return hs256_token(R"({"alg":"none"})", good_claims()); }}),
    name_of_row);

Attack hs256_under(const char* name, std::function<std::string()> secret) {
    return {name, [secret] { return hs256_token(hs256_header, good_claims(), secret()); }};
}

INSTANTIATE_TEST_SUITE_P(
    OtherKey, JwtAttack,
    testing::Values(
        hs256_under("Hs256WithThePublicPemAsSecret", [] { return our_rsa().public_pem(); }),
        hs256_under("Hs256WithThePemWithoutItsLastNewline",
                    [] {
                        auto pem = our_rsa().public_pem();
                        pem.pop_back();
                        return pem;
                    }),
        hs256_under("Hs256WithTheJwkAsSecret", [] { return our_ec().jwk_members(); }),
        hs256_under("Hs256WithAnotherSecret", [] { return std::string(32, 'x'); }),
        hs256_under("Hs256WithAPrefixOfTheSecret", [] { return a_secret().reveal().substr(0, 32); }),
        hs256_under("Hs256WithTheEmptySecret", [] { return std::string{}; }),
        Attack{"Rs256WithAnotherKey", [] { return other_rsa().rs256_token(rs256_header, good_claims()); }},
        Attack{"Es256WithAnotherKey", [] { return other_ec().es256_token(es256_header, good_claims()); }},
        Attack{"Rs256HeaderWithHmac", [] { return hs256_token(rs256_header, good_claims()); }},
        Attack{"Es256HeaderWithHmac", [] { return hs256_token(es256_header, good_claims()); }},
        Attack{"Rs256HeaderWithEcSignature",
               [] { return our_ec().es256_token(rs256_header, good_claims()); }},
        Attack{"Es256HeaderWithRsaSignature",
               [] { return our_rsa().rs256_token(es256_header, good_claims()); }},
        Attack{"Hs256HeaderWithRsaSignature",
               [] { return our_rsa().rs256_token(hs256_header, good_claims()); }},
        Attack{"KeyInTheHeader",
               [] {
                   const auto header = R"({"alg":"ES256","jwk":{)" + other_ec().jwk_members() + "}}";
                   return other_ec().es256_token(header, good_claims());
               }},
        Attack{"AddressOfAKeyInTheHeader",
               [] {
                   return other_rsa().rs256_token(
                       R"({"alg":"RS256","jku":"https://evil.example/keys","x5u":"https://evil.example/c"})",
                       good_claims());
               }},
        Attack{"CertificateInTheHeader",
               [] { return other_rsa().rs256_token(R"({"alg":"RS256","x5c":["MIIB"]})", good_claims()); }}),
    name_of_row);

std::string es256_with(const std::function<std::string(const std::string&)>& make_signature) {
    const auto text = unsigned_text(es256_header, good_claims());
    return with_signature(text, make_signature(text));
}
std::string rs256_with(const std::function<std::string(const std::string&)>& make_signature) {
    const auto text = unsigned_text(rs256_header, good_claims());
    return with_signature(text, make_signature(text));
}
// The order of the curve's group: as a value of r or s it is zero again.
std::string p256_order() {
    return std::string(
        "\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"
        "\xbc\xe6\xfa\xad\xa7\x17\x9e\x84\xf3\xb9\xca\xc2\xfc\x63\x25\x51",
        32);
}

INSTANTIATE_TEST_SUITE_P(
    SignatureForm, JwtAttack,
    testing::Values(
        Attack{"Es256Der", [] { return es256_with([](const auto& text) { return our_ec().sign(text); }); }},
        Attack{"Es256AllZero", [] { return es256_with([](const auto&) { return std::string(64, '\0'); }); }},
        Attack{"Es256RZero",
               [] {
                   return es256_with([](const auto& text) {
                       return std::string(32, '\0') + our_ec().sign_raw(text).substr(32);
                   });
               }},
        Attack{"Es256SZero",
               [] {
                   return es256_with([](const auto& text) {
                       return our_ec().sign_raw(text).substr(0, 32) + std::string(32, '\0');
                   });
               }},
        Attack{"Es256BothTheOrder",
               [] { return es256_with([](const auto&) { return p256_order() + p256_order(); }); }},
        Attack{"Es256AllOnes",
               [] { return es256_with([](const auto&) { return std::string(64, '\xff'); }); }},
        Attack{"Es256Of63Bytes",
               [] {
                   return es256_with([](const auto& text) { return our_ec().sign_raw(text).substr(0, 63); });
               }},
        Attack{"Es256Of65Bytes",
               [] { return es256_with([](const auto& text) { return our_ec().sign_raw(text) + '\0'; }); }},
        Attack{"Es256Swapped",
               [] {
                   return es256_with([](const auto& text) {
                       const auto raw = our_ec().sign_raw(text);
                       return raw.substr(32) + raw.substr(0, 32);
                   });
               }},
        Attack{"Rs256Pss",
               [] { return rs256_with([](const auto& text) { return our_rsa().sign_pss(text); }); }},
        Attack{"Rs256AllZero", [] { return rs256_with([](const auto&) { return std::string(256, '\0'); }); }},
        Attack{"Rs256One",
               [] { return rs256_with([](const auto&) { return std::string(255, '\0') + '\1'; }); }},
        Attack{"Rs256WithALeadingZero",
               [] { return rs256_with([](const auto& text) { return '\0' + our_rsa().sign(text); }); }},
        Attack{"Rs256WithAByteMore",
               [] { return rs256_with([](const auto& text) { return our_rsa().sign(text) + '\0'; }); }},
        Attack{"Hs256WithAByteMore",
               [] { return good_text() + '.' + to_base64url(*from_base64url(good_signature()) + '\0'); }},
        Attack{"Hs256WithAByteLess",
               [] {
                   return good_text() + '.' + to_base64url(from_base64url(good_signature())->substr(0, 31));
               }}),
    name_of_row);

INSTANTIATE_TEST_SUITE_P(
    Shape, JwtAttack,
    testing::Values(
        Attack{"Empty", [] { return std::string{}; }}, Attack{"OneDot", [] { return std::string{"."}; }},
        Attack{"TwoDots", [] { return std::string{".."}; }},
        Attack{"SignatureAndItsDotStripped", [] { return good_text(); }},
        Attack{"TrailingDot", [] { return good() + '.'; }}, Attack{"LeadingDot", [] { return '.' + good(); }},
        Attack{"FourParts", [] { return good() + ".AAAA"; }},
        Attack{"FivePartsOfAJwe",
               [] { return to_base64url(R"({"alg":"RSA-OAEP","enc":"A256GCM"})") + ".AAAA.AAAA.AAAA.AAAA"; }},
        Attack{"EmptyHeader", [] { return good().substr(good().find('.')); }},
        Attack{"EmptyPayload", [] { return hs256_token(hs256_header, ""); }},
        Attack{"LeadingSpace", [] { return ' ' + good(); }},
        Attack{"TrailingSpace", [] { return good() + ' '; }},
        Attack{"TrailingNewline", [] { return good() + '\n'; }},
        Attack{"NulInTheMiddle", [] { return std::string(good()).insert(40, 1, '\0'); }},
        Attack{"NulAtTheEnd", [] { return good() + '\0'; }},
        Attack{"HighByte", [] { return std::string(good()).replace(10, 1, "\xff"); }},
        Attack{"SignaturePadded", [] { return good() + '='; }},
        Attack{"PayloadPadded",
               [] {
                   const auto token = good();
                   return std::string(token).insert(token.rfind('.'), "=");
               }},
        Attack{"BearerInFront", [] { return "Bearer " + good(); }},
        Attack{"JsonSerialisation", [] { return R"({"payload":")" + good_text() + R"(","signatures":[]})"; }},
        Attack{"LongerThan8KiB",
               [] {
                   return hs256_token(hs256_header, good_claims(R"(,"x":")" + std::string(7000, 'a') + '"'));
               }}),
    name_of_row);

TEST(JwtAttackLoop, EveryTruncationIsRefused) {
    const auto token = good();
    for (std::size_t length = 0; length < token.size(); ++length)
        EXPECT_EQ(refusal_of(verifier(), token.substr(0, length)), "invalid_token") << length;
}

TEST(JwtAttackLoop, EveryChangedLetterIsRefused) {
    const auto token = good();
    for (std::size_t i = 0; i < token.size(); ++i) {
        if (token[i] == '.') continue;
        auto changed = token;
        changed[i] = base64url_letters[(base64url_letters.find(token[i]) ^ 1U) % base64url_letters.size()];
        EXPECT_EQ(refusal_of(verifier(), changed), "invalid_token") << i;
    }
}

TEST(JwtAttackLoop, EveryRemovedLetterIsRefused) {
    const auto token = good();
    for (std::size_t i = 0; i < token.size(); ++i)
        EXPECT_EQ(refusal_of(verifier(), std::string(token).erase(i, 1)), "invalid_token") << i;
}

// Each bit of the 32-byte MAC, decoded: base64 has its own spare bits, which are no bits of the signature.
TEST(JwtAttackLoop, EveryFlippedBitOfTheSignatureIsRefused) {
    const auto signature = from_base64url(good_signature()).value();
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        auto changed = signature;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_EQ(refusal_of(verifier(), with_signature(good_text(), changed)), "invalid_token") << bit;
    }
}

TEST(JwtAttackLoop, EveryFlippedBitOfAnEs256SignatureIsRefused) {
    const auto text = unsigned_text(es256_header, good_claims());
    const auto signature = our_ec().sign_raw(text);
    ASSERT_EQ(refusal_of(verifier(), with_signature(text, signature)), "");
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
        auto changed = signature;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_EQ(refusal_of(verifier(), with_signature(text, changed)), "invalid_token") << bit;
    }
}

// 32 bytes leave two spare bits in the last letter; a lenient decoder takes four spellings of one signature.
TEST(JwtAttackLoop, SpareBitsInTheSignatureAreRefused) {
    const auto token = good();
    const auto last = base64url_letters.find(token.back());
    ASSERT_EQ(last % 4, 0U);
    for (std::size_t spare = 1; spare < 4; ++spare) {
        auto changed = token;
        changed.back() = base64url_letters[last + spare];
        EXPECT_EQ(refusal_of(verifier(), changed), "invalid_token") << spare;
    }
}

// '+' and '/' are the other alphabet's '-' and '_': the same bytes, another spelling.
TEST(JwtAttackLoop, TheOtherAlphabetIsRefused) {
    std::string token;
    for (int i = 0; token.find('-') == std::string::npos || token.find('_') == std::string::npos; ++i)
        token = hs256_token(hs256_header, good_claims(R"(,"n":)" + std::to_string(i)));
    ASSERT_EQ(refusal_of(verifier(), token), "");

    auto plus = token;
    plus[plus.find('-')] = '+';
    auto slash = token;
    slash[slash.find('_')] = '/';

    EXPECT_EQ(refusal_of(verifier(), plus), "invalid_token");
    EXPECT_EQ(refusal_of(verifier(), slash), "invalid_token");
}

TEST(JwtAttackLoop, PartsOfTwoGoodTokensDoNotMix) {
    const auto mine = good();
    const auto theirs = hs256_token(hs256_header, good_claims(R"(,"x":1)"));

    const auto mixed = theirs.substr(0, theirs.rfind('.')) + mine.substr(mine.rfind('.'));

    EXPECT_EQ(refusal_of(verifier(), mixed), "invalid_token");
}

// An algorithm is only taken when there is a key for it: each verifier against each of the others' tokens.
TEST(JwtAttackLoop, AnAlgorithmWithoutAKeyIsRefused) {
    const auto hs256 = good();
    const auto rs256 = our_rsa().rs256_token(rs256_header, good_claims());
    const auto es256 = our_ec().es256_token(es256_header, good_claims());

    EXPECT_EQ(refusal_of(verifier_with_secret(), rs256), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_with_secret(), es256), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_with_pem(our_rsa()), hs256), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_with_pem(our_rsa()), es256), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_with_pem(our_ec()), hs256), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_with_pem(our_ec()), rs256), "invalid_token");
}

// The classic: the verifier knows only the public key, and the attacker signs with its text as an HMAC
// secret.
TEST(JwtAttackLoop, ThePublicKeyIsNoSecretOfItsOwnVerifier) {
    for (const auto* key : {&our_rsa(), &our_ec()}) {
        const auto token = hs256_token(hs256_header, good_claims(), key->public_pem());
        EXPECT_EQ(refusal_of(verifier_with_pem(*key), token), "invalid_token");
    }
}

}  // namespace
}  // namespace carillon::test
