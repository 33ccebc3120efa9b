#include "http/jwt.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>
#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include "http/jwt_keys.hpp"
#include "support/unit_jwt.hpp"

namespace carillon::test {
namespace {

// The message of all three examples of RFC 7515, A.1 to A.3; only the header differs.
constexpr std::string_view rfc_payload =
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

bool signed_by_jwk(const std::string& members, std::string_view text, std::string_view signature) {
    const auto keys = http::jwt::keys_from_jwks(jwks_of({members}));
    return keys.value().front().signed_this(text, from_base64url(signature).value());
}

TEST(JwtVectors, Rfc7515A1Hs256) {
    const auto secret = from_base64url(
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
    const auto key = http::jwt::Key::from_secret(Secret{secret.value()});

    const auto text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9" + std::string{rfc_payload};

    EXPECT_TRUE(
        key.value().signed_this(text, from_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").value()));
}

TEST(JwtVectors, Rfc7515A2Rs256) {
    const std::string members =
        R"("kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw)"
        "-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6"
        "3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJ"
        R"(H7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ")";
    EXPECT_TRUE(signed_by_jwk(
        members, "eyJhbGciOiJSUzI1NiJ9" + std::string{rfc_payload},
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9"
        "uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB"
        "_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rq"
        "Vt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"));
}

TEST(JwtVectors, Rfc7515A3Es256) {
    EXPECT_TRUE(
        signed_by_jwk(R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                      R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")",
                      "eyJhbGciOiJFUzI1NiJ9" + std::string{rfc_payload},
                      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
                      "Kg6NU1Q"));
}

TEST(JwtVectors, Rfc8292VapidEs256) {
    const auto point =
        from_base64url(
            "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs")
            .value();
    EXPECT_TRUE(signed_by_jwk(
        R"("kty":"EC","crv":"P-256","x":")" + to_base64url(point.substr(1, 32)) + R"(","y":")" +
            to_base64url(point.substr(33)) + '"',
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9."
        "eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3"
        "NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0",
        "i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA"));
}

TEST(JwtVerifier, TakesHs256) {
    const auto claims = verifier_with_secret().verify(hs256_token(hs256_header, good_claims()), jwt_now);

    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->user, UserId{"u1"});
    EXPECT_EQ(claims->role, Role::customer);
    EXPECT_EQ(claims->expires, jwt_now + std::chrono::seconds{600});
}

TEST(JwtVerifier, TakesRs256) {
    const auto token = our_rsa().rs256_token(R"({"alg":"RS256"})", good_claims());

    EXPECT_EQ(refusal_of(verifier_with_pem(our_rsa()), token), "");
}

TEST(JwtVerifier, TakesEs256) {
    const auto token = our_ec().es256_token(R"({"alg":"ES256"})", good_claims());

    EXPECT_EQ(refusal_of(verifier_with_pem(our_ec()), token), "");
}

TEST(JwtVerifier, TakesEveryAlgorithmThatHasAKey) {
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    settings.public_key_pem = our_rsa().public_pem();
    settings.jwks = jwks_of({our_ec().jwk_members()});
    const auto verifier = http::JwtVerifier::create(settings).value();

    EXPECT_EQ(refusal_of(verifier, hs256_token(hs256_header, good_claims())), "");
    EXPECT_EQ(refusal_of(verifier, our_rsa().rs256_token(R"({"alg":"RS256"})", good_claims())), "");
    EXPECT_EQ(refusal_of(verifier, our_ec().es256_token(R"({"alg":"ES256"})", good_claims())), "");
}

TEST(JwtVerifier, KeepsWorkingAfterAMove) {
    auto first = verifier_with_secret();
    const auto second = std::move(first);

    EXPECT_EQ(refusal_of(second, hs256_token(hs256_header, good_claims())), "");
}

TEST(JwtVerifier, ServesManyThreadsAtOnce) {
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    settings.jwks = jwks_of({our_rsa().jwk_members(), our_ec().jwk_members()});
    const auto verifier = http::JwtVerifier::create(settings).value();
    const std::vector tokens{hs256_token(hs256_header, good_claims()),
                             our_rsa().rs256_token(R"({"alg":"RS256"})", good_claims()),
                             our_ec().es256_token(R"({"alg":"ES256"})", good_claims())};
    std::atomic<int> taken = 0;

    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int round = 0; round < 20; ++round)
                    for (const auto& token : tokens) taken += refusal_of(verifier, token).empty() ? 1 : 0;
            });
    }

    EXPECT_EQ(taken, 4 * 20 * 3);
}

// The TLS code of the same thread reads that queue.
TEST(JwtVerifier, LeavesNothingInTheErrorQueueOfOpenSsl) {
    const auto rsa = verifier_with_pem(our_rsa());
    const auto ec = verifier_with_pem(our_ec());
    ERR_clear_error();

    EXPECT_EQ(refusal_of(rsa, other_rsa().rs256_token(R"({"alg":"RS256"})", good_claims())), "invalid_token");
    EXPECT_EQ(refusal_of(ec, other_ec().es256_token(R"({"alg":"ES256"})", good_claims())), "invalid_token");
    http::JwtSettings broken;
    broken.public_key_pem = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    EXPECT_FALSE(http::JwtVerifier::create(broken));

    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(JwtMint, MakesATokenThatIsTaken) {
    const http::TokenRequest request{UserId{"ana"}, Role::admin, std::chrono::seconds{60}, "us", "them"};
    http::JwtSettings settings;
    settings.hs256_secret = a_secret();
    settings.issuer = "us";
    settings.audience = "them";

    const auto token = http::mint_token(request, a_secret(), jwt_now);
    const auto claims = http::JwtVerifier::create(settings).value().verify(token.value(), jwt_now);

    ASSERT_TRUE(claims);
    EXPECT_EQ(claims->user, UserId{"ana"});
    EXPECT_EQ(claims->role, Role::admin);
    EXPECT_EQ(claims->expires, jwt_now + std::chrono::seconds{60});
}

TEST(JwtMint, WritesTheClaimsOfRfc7519AndNoOthers) {
    const http::TokenRequest request{UserId{"ana"}, Role::service, std::chrono::seconds{60}, {}, {}};

    const auto token = http::mint_token(request, a_secret(), jwt_now).value();
    const auto payload = token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1);
    auto claims = parse_json(from_base64url(payload).value()).value();

    EXPECT_EQ(from_base64url(claims["jti"].get<std::string>()).value().size(), 16U);
    claims.erase("jti");
    const Json expected{{"sub", "ana"}, {"role", "service"}, {"iat", now_seconds}, {"exp", now_seconds + 60}};
    EXPECT_EQ(claims, expected);
}

TEST(JwtMint, NeverMakesTheSameTokenTwice) {
    const http::TokenRequest request{UserId{"ana"}, Role::service, std::chrono::seconds{60}, {}, {}};

    EXPECT_NE(http::mint_token(request, a_secret(), jwt_now).value(),
              http::mint_token(request, a_secret(), jwt_now).value());
}

struct BadRequest {
    const char* name;
    http::TokenRequest request;
    std::string secret = a_secret().reveal();
};
void PrintTo(const BadRequest& row, std::ostream* out) {
    *out << row.name;
}

class JwtMintRefuses : public testing::TestWithParam<BadRequest> {};

TEST_P(JwtMintRefuses, AsInvalid) {
    const auto token = http::mint_token(GetParam().request, Secret{GetParam().secret}, jwt_now);

    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().failure, Failure::invalid);
    EXPECT_FALSE(token.error().detail.empty());
}

http::TokenRequest asks(std::string user, std::int64_t ttl, std::string issuer = {}) {
    return {UserId{std::move(user)}, Role::customer, std::chrono::seconds{ttl}, std::move(issuer), {}};
}

INSTANTIATE_TEST_SUITE_P(
    Rows, JwtMintRefuses,
    testing::Values(BadRequest{"NoUser", asks("", 60)},
                    BadRequest{"UserOf129", asks(std::string(129, 'a'), 60)},
                    BadRequest{"UserWithNewline", asks("a\nb", 60)},
                    BadRequest{"UserNotUtf8", asks("\xff", 60)}, BadRequest{"TtlZero", asks("u", 0)},
                    BadRequest{"TtlNegative", asks("u", -1)},
                    BadRequest{"TtlBeyondYear9999", asks("u", std::int64_t{253'402'300'799})},
                    BadRequest{"TtlThatOverflows", asks("u", std::int64_t{9'223'372'036'854'775'807})},
                    BadRequest{"IssuerNotUtf8", asks("u", 60, "\xff")},
                    BadRequest{"ShortSecret", asks("u", 60), std::string(31, 's')}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace carillon::test
