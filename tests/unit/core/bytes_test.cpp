#include <carillon/bytes.hpp>

#include <gtest/gtest.h>

#include <set>

using namespace std::string_literals;

namespace carillon {
namespace {

TEST(Hex, WritesEveryByteAsTwoLowerCaseDigits) {
    EXPECT_EQ(to_hex("\x00\x7f\xff"s), "007fff");
}

TEST(Base64Url, WritesAndReadsTheVectorsOfRfc4648WithoutPadding) {
    struct Row {
        std::string bytes;
        std::string text;
    };
    for (const auto& [bytes, text] : {Row{"", ""}, Row{"f", "Zg"}, Row{"fo", "Zm8"}, Row{"foo", "Zm9v"},
                                      Row{"foobar", "Zm9vYmFy"}, Row{"\xfb\xff\xfe"s, "-__-"}}) {
        EXPECT_EQ(to_base64url(bytes), text);
        EXPECT_EQ(from_base64url(text), bytes);
    }
}

TEST(Base64Url, RefusesWhatAnotherEncoderWouldNotHaveWritten) {
    struct Row {
        const char* name;
        std::string text;
    };
    for (const auto& [name, text] :
         {Row{"padding", "Zg=="}, Row{"the other alphabet, plus", "+__-"},
          Row{"the other alphabet, slash", "-//-"}, Row{"one letter", "Z"}, Row{"five letters", "Zm9vY"},
          Row{"spare bits in two letters", "Zh"}, Row{"spare bits in three letters", "Zm9"},
          Row{"a space", "Zm 9"}, Row{"a line end", "Zm9v\n"}, Row{"a NUL", "Zm9\0"s},
          Row{"a byte beyond ASCII", "Zm9\xc3"s}}) {
        EXPECT_EQ(from_base64url(text), std::nullopt) << name;
    }
}

TEST(Base64Url, BringsEveryByteBack) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    for (std::size_t size = 0; size <= bytes.size(); ++size)
        ASSERT_EQ(from_base64url(to_base64url(bytes.substr(0, size))), bytes.substr(0, size));
}

TEST(Sha256, AgreesWithFips180) {
    EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256({}), sha256(""));
    EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HmacSha256, AgreesWithRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesAnEmptyKeyAndAnEmptyText) {
    EXPECT_EQ(to_hex(hmac_sha256({}, {})),
              "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Utf8, AcceptsTheEdgesOfEveryLength) {
    for (const auto& text :
         {""s, "\0"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\x9f\xbf"s, "\xee\x80\x80"s,
          "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "eight ascii letters, then é and 🔔"s})
        EXPECT_TRUE(is_utf8(text)) << to_hex(text);
}

TEST(Utf8, RefusesWhatIsNotWellFormedWhereverItStands) {
    struct Row {
        const char* name;
        std::string bytes;
    };
    for (const auto& [name, bytes] :
         {Row{"a continuation alone", "\x80"}, Row{"overlong, two bytes", "\xc0\xaf"}, Row{"C1", "\xc1\xbf"},
          Row{"overlong, three bytes", "\xe0\x9f\xbf"}, Row{"overlong, four bytes", "\xf0\x8f\xbf\xbf"},
          Row{"a high surrogate", "\xed\xa0\x80"}, Row{"a low surrogate", "\xed\xbf\xbf"},
          Row{"beyond U+10FFFF", "\xf4\x90\x80\x80"}, Row{"F5", "\xf5\x80\x80\x80"}, Row{"FF", "\xff"},
          Row{"cut after one of two", "\xc3"}, Row{"cut after two of three", "\xe2\x82"},
          Row{"cut after three of four", "\xf0\x9f\x94"}, Row{"no continuation", "\xc3("}}) {
        for (std::size_t before = 0; before < 18; ++before) {
            const auto text = std::string(before, 'a') + bytes;
            EXPECT_FALSE(is_utf8(text)) << name << " after " << before << " letters";
            EXPECT_FALSE(is_utf8(text + "abcdefghij")) << name << " before letters";
        }
    }
}

TEST(PercentDecode, DecodesAndTellsTheTwoMeaningsOfPlusApart) {
    EXPECT_EQ(percent_decode("a%2Fb%c3%A9", PlusIs::plus), "a/bé");
    EXPECT_EQ(percent_decode("+237+6", PlusIs::plus), "+237+6");
    EXPECT_EQ(percent_decode("a+b%2B", PlusIs::space), "a b+");
    EXPECT_EQ(percent_decode("", PlusIs::plus), "");
    EXPECT_EQ(percent_decode("%25zz", PlusIs::plus), "%zz");
}

TEST(PercentDecode, RefusesWhatIsNotOne) {
    struct Row {
        const char* name;
        std::string text;
    };
    for (const auto& [name, text] :
         {Row{"a sign alone", "%"}, Row{"one digit", "a%4"}, Row{"no digits", "%zz"},
          Row{"a sign twice", "%%41"}, Row{"second digit wrong", "%4g"}, Row{"an encoded NUL", "a%00b"},
          Row{"a bare NUL", "a\0b"s}, Row{"encoded bytes that are not UTF-8", "%ff"},
          Row{"an overlong slash", "%c0%af"}, Row{"bare bytes that are not UTF-8", "\xff"}})
        EXPECT_EQ(percent_decode(text, PlusIs::plus), std::nullopt) << name;
}

TEST(RandomBytes, GivesAsManyAsAskedAndNeverTheSame) {
    EXPECT_EQ(random_bytes(0).size(), 0U);
    EXPECT_EQ(random_bytes(5000).size(), 5000U);
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) seen.insert(random_bytes(16));
    EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace carillon
