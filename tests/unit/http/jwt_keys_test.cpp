// What an operator may configure, what he is told when he may not, and which key a token is checked against.
#include <gtest/gtest.h>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>
#include "http/jwt.hpp"
#include "support/unit_jwt.hpp"

namespace carillon::test {
namespace {

constexpr std::string_view rs256_header = R"({"alg":"RS256"})";

struct BadSettings {
    const char* name;
    std::function<http::JwtSettings()> make;
    const char* says;  // a part of the sentence
};
void PrintTo(const BadSettings& row, std::ostream* out) {
    *out << row.name;
}

std::string name_of_row(const testing::TestParamInfo<BadSettings>& info) {
    return info.param.name;
}

class JwtSettingsRefused : public testing::TestWithParam<BadSettings> {};

TEST_P(JwtSettingsRefused, WithASentenceForTheOperator) {
    const auto verifier = http::JwtVerifier::create(GetParam().make());

    ASSERT_FALSE(verifier);
    EXPECT_EQ(verifier.error().failure, Failure::invalid);
    EXPECT_NE(verifier.error().detail.find(GetParam().says), std::string::npos) << verifier.error().detail;
}

BadSettings bad_secret(const char* name, std::function<std::string()> secret, const char* says) {
    return {name,
            [secret] {
                http::JwtSettings settings;
                settings.hs256_secret = Secret{secret()};
                return settings;
            },
            says};
}

BadSettings bad_pem(const char* name, std::function<std::string()> pem, const char* says) {
    return {name,
            [pem] {
                http::JwtSettings settings;
                settings.public_key_pem = pem();
                return settings;
            },
            says};
}

BadSettings bad_jwks(const char* name, std::function<std::string()> jwks, const char* says) {
    return {name,
            [jwks] {
                http::JwtSettings settings;
                settings.jwks = jwks();
                return settings;
            },
            says};
}

BadSettings bad_leeway(const char* name, std::chrono::seconds leeway) {
    return {name,
            [leeway] {
                http::JwtSettings settings;
                settings.hs256_secret = a_secret();
                settings.leeway = leeway;
                return settings;
            },
            "leeway"};
}

INSTANTIATE_TEST_SUITE_P(
    Secret, JwtSettingsRefused,
    testing::Values(BadSettings{"NoKeyAtAll", [] { return http::JwtSettings{}; }, "no key"},
                    bad_secret(
                        "Of31Bytes", [] { return std::string(31, 's'); }, "32 bytes"),
                    bad_secret(
                        "OfOneByte", [] { return std::string("s"); }, "32 bytes"),
                    bad_secret(
                        "PublicKeyAsSecret", [] { return our_rsa().public_pem(); }, "PEM"),
                    bad_leeway("LeewayNegative", std::chrono::seconds{-1}),
                    bad_leeway("LeewayTooLong", std::chrono::seconds{301})),
    name_of_row);

std::string pem_of(std::string_view label, std::string_view body) {
    const std::string name{label};
    return "-----BEGIN " + name + "-----\n" + std::string{body} + "\n-----END " + name + "-----\n";
}

INSTANTIATE_TEST_SUITE_P(
    Pem, JwtSettingsRefused,
    testing::Values(
        bad_pem(
            "RsaOf1024Bits", [] { return KeyPair::rsa(1024).public_pem(); }, "2048"),
        bad_pem(
            "CertificateOfRsa1024", [] { return KeyPair::rsa(1024).certificate_pem(); }, "2048"),
        bad_pem(
            "RsaForPssOnly", [] { return KeyPair::rsa_pss().public_pem(); }, "RS256"),
        bad_pem(
            "P384", [] { return KeyPair::ec("P-384").public_pem(); }, "P-256"),
        bad_pem(
            "P521", [] { return KeyPair::ec("P-521").public_pem(); }, "P-256"),
        bad_pem(
            "Secp256k1", [] { return KeyPair::ec("secp256k1").public_pem(); }, "P-256"),
        bad_pem(
            "P256SpeltOutByNumbers", [] { return KeyPair::ec_with_explicit_curve().public_pem(); }, "P-256"),
        bad_pem(
            "Ed25519", [] { return KeyPair::ed25519().public_pem(); }, "RSA"),
        bad_pem(
            "RsaPrivateKey", [] { return our_rsa().private_pem(); }, "private key"),
        bad_pem(
            "EcPrivateKey", [] { return our_ec().private_pem(); }, "private key"),
        bad_pem(
            "PrivateAndPublicKey", [] { return our_ec().public_pem() + our_ec().private_pem(); },
            "private key"),
        bad_pem(
            "EncryptedPrivateKey", [] { return pem_of("ENCRYPTED PRIVATE KEY", "AAAA"); }, "private key"),
        bad_pem(
            "EncryptedPublicKey",
            [] {
                return pem_of(
                    "PUBLIC KEY",
                    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00000000000000000000000000000000\n\n"
                    "AAAAAAAAAAAAAAAAAAAAAA==");
            },
            "neither"),
        bad_pem(
            "TwoKeys", [] { return our_ec().public_pem() + other_ec().public_pem(); }, "several"),
        bad_pem(
            "NotPem", [] { return std::string{"a key"}; }, "BEGIN"),
        bad_pem(
            "PathInsteadOfAKey", [] { return std::string{"/etc/carillon/key.pem"}; }, "BEGIN"),
        bad_pem(
            "Garbage", [] { return pem_of("PUBLIC KEY", "AAAA"); }, "neither"),
        bad_pem(
            "EmptyBlock", [] { return pem_of("PUBLIC KEY", ""); }, "neither"),
        bad_pem(
            "EmptyCertificate", [] { return pem_of("CERTIFICATE", ""); }, "neither"),
        bad_pem(
            "Truncated", [] { return our_rsa().public_pem().substr(0, 200); }, "neither"),
        bad_pem(
            "TooLong", [] { return our_rsa().public_pem() + std::string(65536, '\n'); }, "64 KiB")),
    name_of_row);

std::string our_rsa_with(const std::string& more) {
    return our_rsa().jwk_members() + more;
}
std::string our_ec_with(const std::string& more) {
    return our_ec().jwk_members() + more;
}

INSTANTIATE_TEST_SUITE_P(
    Jwks, JwtSettingsRefused,
    testing::Values(
        bad_jwks(
            "NotJson", [] { return std::string{"keys"}; }, "not valid JSON"),
        bad_jwks(
            "MemberTwice", [] { return std::string{R"({"keys":[],"keys":[]})"}; }, "not valid JSON"),
        bad_jwks(
            "Array", [] { return std::string{"[]"}; }, "no array"),
        bad_jwks(
            "Number", [] { return std::string{"1"}; }, "no array"),
        bad_jwks(
            "KeysIsAnObject", [] { return std::string{R"({"keys":{}})"}; }, "no array"),
        bad_jwks(
            "OneBareKey", [] { return '{' + our_ec().jwk_members() + '}'; }, "no array"),
        bad_jwks(
            "NoKeys", [] { return jwks_of({}); }, "no key"),
        bad_jwks(
            "KeyIsAText", [] { return std::string{R"({"keys":["zebra"]})"}; }, "key 1: it is not an object"),
        bad_jwks(
            "NoKty", [] { return jwks_of({R"("kid":"a")"}); }, "kty"),
        bad_jwks(
            "KtyNumber", [] { return jwks_of({R"("kty":1)"}); }, "kty"),
        bad_jwks(
            "KidNumber", [] { return jwks_of({our_ec_with(R"(,"kid":1)")}); }, "kid"),
        bad_jwks(
            "Symmetric",
            [] {
                return jwks_of({our_ec_with(""), R"("kty":"oct","k":"AAAA")"});
            },
            "key 2: symm"),
        bad_jwks(
            "PrivateEc", [] { return jwks_of({our_ec_with(R"(,"d":"AAAA")")}); }, "private"),
        bad_jwks(
            "PrivateRsa", [] { return jwks_of({our_rsa_with(R"(,"d":"AAAA")")}); }, "private"),
        bad_jwks(
            "PrivateRsaByItsPrime", [] { return jwks_of({our_rsa_with(R"(,"p":"AAAA")")}); }, "private"),
        bad_jwks(
            "PrivateOfAnotherKind",
            [] {
                return jwks_of({our_ec_with(""), R"("kty":"OKP","crv":"Ed25519","x":"AA","d":"AA")"});
            },
            "key 2: it holds a private"),
        bad_jwks(
            "PrivateForEncryption", [] { return jwks_of({our_ec_with(R"(,"use":"enc","d":"AA")")}); },
            "private"),
        bad_jwks(
            "KidTwice",
            [] {
                return jwks_of({our_ec_with(R"(,"kid":"a")"), our_rsa_with(R"(,"kid":"a")")});
            },
            "key 2: its kid"),
        bad_jwks(
            "OnlyForEncryption", [] { return jwks_of({our_rsa_with(R"(,"use":"enc")")}); }, "no key"),
        bad_jwks(
            "OnlyForSigning", [] { return jwks_of({our_rsa_with(R"(,"key_ops":["sign"])")}); }, "no key"),
        bad_jwks(
            "OnlyUnknownKty", [] { return jwks_of({R"("kty":"OKP","crv":"Ed25519","x":"AA")"}); }, "no key"),
        bad_jwks(
            "OnlyRs512", [] { return jwks_of({our_rsa_with(R"(,"alg":"RS512")")}); }, "no key"),
        bad_jwks(
            "OnlyP384", [] { return jwks_of({KeyPair::ec("P-384").jwk_members()}); }, "no key"),
        bad_jwks(
            "P384ForEs256",
            [] { return jwks_of({KeyPair::ec("P-384").jwk_members() + R"(,"alg":"ES256")"}); }, "P-256"),
        bad_jwks(
            "RsaForEs256", [] { return jwks_of({our_rsa_with(R"(,"alg":"ES256")")}); }, "alg"),
        bad_jwks(
            "RsaForHs256", [] { return jwks_of({our_rsa_with(R"(,"alg":"HS256")")}); }, "alg"),
        bad_jwks(
            "EcForRs256", [] { return jwks_of({our_ec_with(R"(,"alg":"RS256")")}); }, "alg"),
        bad_jwks(
            "RsaOf1024Bits", [] { return jwks_of({KeyPair::rsa(1024).jwk_members()}); }, "2048"),
        bad_jwks(
            "RsaWithoutModulus", [] { return jwks_of({R"("kty":"RSA","e":"AQAB")"}); }, "numbers"),
        bad_jwks(
            "RsaModulusPadded", [] { return jwks_of({R"("kty":"RSA","e":"AQAB","n":"AQ==")"}); }, "numbers"),
        bad_jwks(
            "RsaExponentOne",
            [] {
                auto members = our_rsa().jwk_members();
                members.replace(members.rfind("AQAB"), 4, "AQ");
                return jwks_of({members});
            },
            "sound"),
        bad_jwks(
            "RsaExponentEven",
            [] {
                auto members = our_rsa().jwk_members();
                members.replace(members.rfind("AQAB"), 4, "AQAA");
                return jwks_of({members});
            },
            "sound"),
        bad_jwks(
            "EcOffTheCurve",
            [] {
                const std::string coordinate(42, 'A');
                return jwks_of({R"("kty":"EC","crv":"P-256","x":")" + coordinate + R"(E","y":")" +
                                coordinate + R"(E")"});
            },
            "numbers"),
        bad_jwks(
            "EcCoordinateTooShort",
            [] { return jwks_of({R"("kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA")"}); }, "numbers"),
        bad_jwks(
            "EcWithoutCurve", [] { return jwks_of({R"("kty":"EC","x":"AAAA","y":"AAAA")"}); }, "crv"),
        bad_jwks(
            "TooLong", [] { return jwks_of({our_ec_with("")}) + std::string(1048576, ' '); }, "1 MiB")),
    name_of_row);

TEST(JwtKeys, ACertificateServesAsItsKey) {
    http::JwtSettings settings;
    settings.public_key_pem = our_rsa().certificate_pem();
    const auto verifier = http::JwtVerifier::create(settings).value();

    EXPECT_EQ(refusal_of(verifier, our_rsa().rs256_token(rs256_header, good_claims())), "");
}

TEST(JwtKeys, ThePkcs1FormOfAPublicKeyServesToo) {
    http::JwtSettings settings;
    settings.public_key_pem = our_rsa().pkcs1_pem();
    const auto verifier = http::JwtVerifier::create(settings).value();

    EXPECT_EQ(refusal_of(verifier, our_rsa().rs256_token(rs256_header, good_claims())), "");
}

TEST(JwtKeys, TextAroundThePemIsPassedOver) {
    http::JwtSettings settings;
    settings.public_key_pem = "the key of November\r\n" + our_rsa().public_pem() + "\n# end\n";
    const auto verifier = http::JwtVerifier::create(settings).value();

    EXPECT_EQ(refusal_of(verifier, our_rsa().rs256_token(rs256_header, good_claims())), "");
}

TEST(JwtKeys, KeysForOthersInAJwksArePassedOver) {
    const auto verifier = verifier_with_jwks(jwks_of(
        {R"("kty":"OKP","crv":"Ed25519","x":"AA","kid":"o")",
         KeyPair::ec("P-384").jwk_members() + R"(,"kid":"p")",
         other_rsa().jwk_members() + R"(,"use":"enc","alg":"RSA-OAEP","kid":"e")",
         our_rsa().jwk_members() +
             R"(,"use":"sig","alg":"RS256","key_ops":["verify"],"x5c":["MIIB"],"ext":true,"kid":"s")"}));

    const auto header = R"({"alg":"RS256","kid":"s"})";
    EXPECT_EQ(refusal_of(verifier, our_rsa().rs256_token(header, good_claims())), "");
    const auto encryption_key = R"({"alg":"RS256","kid":"e"})";
    EXPECT_EQ(refusal_of(verifier, other_rsa().rs256_token(encryption_key, good_claims())), "invalid_token");
}

// Two RSA keys, one EC key, all named; nothing else.
class JwtKid : public testing::Test {
protected:
    static std::string by_our_rsa(const std::string& header) {
        return our_rsa().rs256_token(header, good_claims());
    }
    const http::JwtVerifier verifier_ = verifier_with_jwks(jwks_of(
        {our_rsa().jwk_members() + R"(,"kid":"ours")", other_rsa().jwk_members() + R"(,"kid":"other")",
         our_ec().jwk_members() + R"(,"kid":"curve")"}));
};

TEST_F(JwtKid, FindsItsKey) {
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":"ours"})")), "");
}

TEST_F(JwtKid, MayBeLeftOut) {
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256"})")), "");
}

TEST_F(JwtKid, OfAnotherKeyIsRefused) {
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":"other"})")), "invalid_token");
}

TEST_F(JwtKid, OfAKeyOfAnotherKindIsRefused) {
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":"curve"})")), "invalid_token");
}

TEST_F(JwtKid, ThatNobodyBearsIsRefused) {
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":"unknown"})")), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":""})")), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":"Ours"})")), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_, by_our_rsa(R"({"alg":"RS256","kid":"../../dev/null"})")),
              "invalid_token");
}

TEST_F(JwtKid, DoesNotMakeAnHmacSecretOfAPublicKey) {
    const auto token = hs256_token(R"({"alg":"HS256","kid":"ours"})", good_claims(), our_rsa().public_pem());

    EXPECT_EQ(refusal_of(verifier_, token), "invalid_token");
}

// A secret or a PEM has no name to compare: a kid that no named key bears may mean it, one that a key bears
// may not.
TEST(JwtKidBesideASecret, LeadsToTheSecretOnlyWhenNoKeyBearsIt) {
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    settings.jwks = jwks_of({our_rsa().jwk_members() + R"(,"kid":"ours")"});
    const auto verifier = http::JwtVerifier::create(settings).value();

    EXPECT_EQ(refusal_of(verifier, hs256_token(R"({"alg":"HS256","kid":"x"})", good_claims())), "");
    EXPECT_EQ(refusal_of(verifier, hs256_token(R"({"alg":"HS256","kid":"ours"})", good_claims())),
              "invalid_token");
}

TEST(JwtKidMissing, IsRefusedWhenMoreThanFourKeysCouldBeMeant) {
    const auto members = our_ec().jwk_members();
    const auto four = jwks_of({members + R"(,"kid":"1")", members + R"(,"kid":"2")",
                               members + R"(,"kid":"3")", members + R"(,"kid":"4")"});
    const auto five =
        jwks_of({members + R"(,"kid":"1")", members + R"(,"kid":"2")", members + R"(,"kid":"3")",
                 members + R"(,"kid":"4")", members + R"(,"kid":"5")"});
    const auto unnamed = our_ec().es256_token(R"({"alg":"ES256"})", good_claims());
    const auto named = our_ec().es256_token(R"({"alg":"ES256","kid":"5"})", good_claims());

    EXPECT_EQ(refusal_of(verifier_with_jwks(four), unnamed), "");
    EXPECT_EQ(refusal_of(verifier_with_jwks(five), unnamed), "invalid_token");
    EXPECT_EQ(refusal_of(verifier_with_jwks(five), named), "");
}

}  // namespace
}  // namespace carillon::test
