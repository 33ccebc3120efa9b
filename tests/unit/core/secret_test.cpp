#include <carillon/secret.hpp>

#include <gtest/gtest.h>

#include <concepts>
#include <ostream>

using namespace std::string_literals;

namespace carillon {
namespace {

TEST(EqualInConstantTime, ComparesEveryByte) {
    EXPECT_TRUE(equal_in_constant_time("", ""));
    EXPECT_TRUE(equal_in_constant_time({}, ""));
    EXPECT_TRUE(equal_in_constant_time("a\0b"s, "a\0b"s));
    EXPECT_FALSE(equal_in_constant_time("a\0b"s, "a\0c"s));
    EXPECT_FALSE(equal_in_constant_time("secret", "Secret"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secre"));
    EXPECT_FALSE(equal_in_constant_time("secret", "secret "));
}

template <class T>
concept Printable = requires(std::ostream& out, const T& value) {
    out << value;
};

TEST(Secret, ComesOutOnlyByReveal) {
    const Secret secret{"s3cret"};

    EXPECT_EQ(secret.reveal(), "s3cret");
    EXPECT_TRUE(Secret{}.empty());
    static_assert(!Printable<Secret> && !std::equality_comparable<Secret>);
    static_assert(!std::is_convertible_v<Secret, std::string_view>);
}

}  // namespace
}  // namespace carillon
