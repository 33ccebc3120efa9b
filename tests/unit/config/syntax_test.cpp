// A file with one wrong character anywhere: loaded, or refused with its place; never a crash, never a secret.
#include <gmock/gmock.h>

#include "unit/config/outside.hpp"

namespace carillon::config {
namespace {

constexpr std::string_view secret = "hunter2-hunter2-hunter2-hunter2-hunter2";
constexpr std::string_view number_secret = "98765432109876543210987654321098765";

const std::string good_file = R"([server]
listen = ["127.0.0.1:8000", "[::1]:8000"]
shutdown_seconds = 10
[tls]
certificates = [{cert = "a.pem", key = "a.key"}]
[auth]
mode = "token"
jwt_secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
[log]
requests = true
)";

// Any six characters of it in a row.
bool leaks(const std::string& text, std::string_view of) {
    constexpr std::size_t enough = 6;
    for (std::size_t i = 0; i + enough <= of.size(); ++i) {
        if (text.find(of.substr(i, enough)) != text.npos) return true;
    }
    return false;
}

void expect_told_well(const std::string& file, std::string_view hidden) {
    Outside outside;
    outside.with_toml(file);
    for (const auto& mistake : outside.mistakes()) {
        EXPECT_THAT(mistake, testing::MatchesRegex("carillon\\.toml:[0-9]+:[0-9]+: (.|\n)+")) << file;
        EXPECT_FALSE(leaks(mistake, hidden)) << mistake << "\nin\n" << file;
    }
}

TEST(Syntax, TheFileItselfIsGood) {
    Outside outside;
    outside.with_toml(good_file);
    EXPECT_THAT(outside.mistakes(), testing::IsEmpty());
}

TEST(Syntax, OneWrongCharacterAnywhereIsToldWithItsPlace) {
    const std::string_view wrong{"\"[=#x\n\0\xFF", 8};
    for (std::size_t at = 0; at < good_file.size(); ++at) {
        for (const char c : wrong) {
            auto file = good_file;
            file[at] = c;
            expect_told_well(file, secret);
        }
    }
}

TEST(Syntax, ACutFileIsToldWithItsPlace) {
    for (std::size_t size = 0; size < good_file.size(); ++size)
        expect_told_well(good_file.substr(0, size), secret);
}

TEST(Syntax, AnUnquotedSecretIsNotRepeated) {
    for (const auto value : {number_secret, secret, std::string_view{"truehunter2-hunter2"}}) {
        const auto file = "[auth]\njwt_secret = " + std::string{value} + "\n";
        Outside outside;
        outside.with_toml(file);
        ASSERT_EQ(outside.mistakes().size(), 1u) << value;
        EXPECT_THAT(outside.mistakes()[0], testing::StartsWith("carillon.toml:2:"));
        EXPECT_FALSE(leaks(outside.mistakes()[0], value)) << outside.mistakes()[0];
    }
}

TEST(Syntax, AKeyGivenTwiceIsRefusedByItsName) {
    Outside outside;
    outside.with_toml("[http]\nbody_bytes = 2000\nbody_bytes = 3000\n");
    ASSERT_EQ(outside.mistakes().size(), 1u);
    EXPECT_THAT(outside.mistakes()[0],
                testing::AllOf(testing::StartsWith("carillon.toml:3:"), testing::HasSubstr("'body_bytes'")));
}

}  // namespace
}  // namespace carillon::config
