// RFC 6455 on the receiving side, frame by frame. Every case is run with its bytes at once, one by one, and
// in pieces of three: where a piece ends must never matter.
#include <gmock/gmock.h>

#include "support/unit_frames.hpp"

namespace carillon {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace testing_support;

using Words = std::vector<std::string>;

struct Case {
    std::string name;
    std::string bytes;
    Words words;
};

std::string many(std::initializer_list<ClientFrame> frames) {
    std::string all;
    for (const auto& frame : frames) all += bytes_of(frame);
    return all;
}

ClientFrame text(std::string payload) {
    return {.opcode = 1, .payload = std::move(payload)};
}
ClientFrame first(std::string payload) {
    return {.opcode = 1, .payload = std::move(payload), .final = false};
}
ClientFrame more(std::string payload, bool last) {
    return {.opcode = 0, .payload = std::move(payload), .final = last};
}
ClientFrame ping(std::string payload) {
    return {.opcode = 9, .payload = std::move(payload)};
}
ClientFrame close(std::string payload) {
    return {.opcode = 8, .payload = std::move(payload)};
}

std::vector<Case> cases() {
    const std::string long_text(300, 'x');
    const std::string longer_text(66'000, 'y');
    return {
        {"Text", many({text("hello")}), {"text:hello"}},
        {"EmptyText", many({text("")}), {"text:"}},
        {"TwoTexts", many({text("a"), text("b")}), {"text:a", "text:b"}},
        {"Length125", many({text(std::string(125, 'z'))}), {"text:" + std::string(125, 'z')}},
        {"Length126", many({text(std::string(126, 'z'))}), {"text:" + std::string(126, 'z')}},
        {"Length16Bits", many({text(long_text)}), {"text:" + long_text}},
        {"Fragments", many({first("he"), more("l", false), more("lo", true)}), {"text:hello"}},
        {"EmptyFragments", many({first(""), more("", false), more("", true)}), {"text:"}},
        {"PingBetweenFragments", many({first("a"), ping("p"), more("b", true)}), {"ping:p", "text:ab"}},
        {"TextAfterFragments", many({first("a"), more("b", true), text("c")}), {"text:ab", "text:c"}},
        {"Ping", many({ping(std::string(125, 'p'))}), {"ping:" + std::string(125, 'p')}},
        {"Pong", many({{.opcode = 10, .payload = "x"}}), {"pong"}},
        {"Utf8AcrossFragments", many({first("\xF0\x9F"), more("\x98\x80", true)}), {"text:\xF0\x9F\x98\x80"}},
        {"CloseWithoutCode", many({close("")}), {"close:1005"}},
        {"CloseWithCode", many({close(close_payload(1000, "bye"))}), {"close:1000"}},
        {"CloseOfAnApp", many({close(close_payload(4999))}), {"close:4999"}},
        {"NothingAfterClose", many({close(close_payload(1000)), text("late")}), {"close:1000"}},

        {"Unmasked", many({{.payload = "x", .masked = false}}), {"failed:1002"}},
        {"Reserved1", many({{.payload = "x", .reserved = 4}}), {"failed:1002"}},
        {"Reserved3", many({{.opcode = 9, .payload = "x", .reserved = 1}}), {"failed:1002"}},
        {"Opcode3", many({{.opcode = 3}}), {"failed:1002"}},
        {"Opcode7", many({{.opcode = 7}}), {"failed:1002"}},
        {"Opcode11", many({{.opcode = 11}}), {"failed:1002"}},
        {"Binary", many({{.opcode = 2, .payload = "x"}}), {"failed:1003"}},
        {"Ping126", many({ping(std::string(126, 'p'))}), {"failed:1002"}},
        {"FragmentedPing", many({{.opcode = 9, .payload = "p", .final = false}}), {"failed:1002"}},
        {"NothingToContinue", many({more("x", true)}), {"failed:1002"}},
        {"TextInsideMessage", many({first("a"), text("b")}), {"failed:1002"}},
        {"LongFormOfShort", many({{.payload = "x", .length_form = 16}}), {"failed:1002"}},
        {"LongestFormOfShort",
         many({{.payload = std::string(200, 'x'), .length_form = 64}}),
         {"failed:1002"}},
        {"HighestBitOfLength", std::string("\x81\xFF\x80\0\0\0\0\0\0\0\1\2\3\4", 14), {"failed:1002"}},
        {"TooBig", many({text(longer_text)}), {"failed:1009"}},
        {"TooBigTogether",
         many({first(std::string(40'000, 'a')), more(std::string(40'000, 'b'), true)}),
         {"failed:1009"}},
        {"HalfACloseCode", many({close("x")}), {"failed:1002"}},
        {"CloseCode999", many({close(close_payload(999))}), {"failed:1002"}},
        {"CloseCode1004", many({close(close_payload(1004))}), {"failed:1002"}},
        {"CloseCode1005", many({close(close_payload(1005))}), {"failed:1002"}},
        {"CloseCode1006", many({close(close_payload(1006))}), {"failed:1002"}},
        {"CloseCode1015", many({close(close_payload(1015))}), {"failed:1002"}},
        {"CloseCode2999", many({close(close_payload(2999))}), {"failed:1002"}},
        {"CloseCode5000", many({close(close_payload(5000))}), {"failed:1002"}},
        {"CloseReasonNotUtf8", many({close(close_payload(1000, "\xFF"))}), {"failed:1007"}},
        {"NotUtf8", many({text("a\xC3(")}), {"failed:1007"}},
        {"Surrogate", many({text("\xED\xA0\x80")}), {"failed:1007"}},
        {"Overlong", many({text("\xC0\xAF")}), {"failed:1007"}},
        {"BeyondUnicode", many({text("\xF4\x90\x80\x80")}), {"failed:1007"}},
        {"EndsInsideACharacter", many({text("\xF0\x9F\x98")}), {"failed:1007"}},
        // Before the message is whole: the next bytes cannot make it right.
        {"NotUtf8InTheFirstFragment", many({first("\xCE\xBA\xE1\xBD\xB9\xF4\x90")}), {"failed:1007"}},
    };
}

class FrameParserCases : public testing::TestWithParam<Case> {};

TEST_P(FrameParserCases, IsReadTheSameInPiecesOfAnySize) {
    for (const std::size_t at_a_time : {1U << 20, 1U, 3U, 7U})
        EXPECT_EQ(parsed(GetParam().bytes, at_a_time), GetParam().words) << at_a_time << " bytes at a time";
}

INSTANTIATE_TEST_SUITE_P(Rfc6455, FrameParserCases, testing::ValuesIn(cases()),
                         [](const auto& each) { return each.param.name; });

TEST(FrameParser, FailsAsSoonAsTheHeadIsWrong) {
    // The length alone says it; not a byte of the payload has come.
    EXPECT_THAT(parsed(bytes_of(text(std::string(70'000, 'x'))).substr(0, 14)), ElementsAre("failed:1009"));
    EXPECT_THAT(parsed(std::string{"\x82"} + "\x81"), IsEmpty());  // the mask has yet to come
    EXPECT_THAT(parsed(std::string{"\xB1"}), ElementsAre("failed:1002"));
}

TEST(FrameParser, TakesAMessageOfExactlyTheLimit) {
    EXPECT_THAT(parsed(bytes_of(text(std::string(1'000, 'x'))), 999, 1'000), testing::SizeIs(1));
    EXPECT_THAT(parsed(bytes_of(text(std::string(1'001, 'x'))), 999, 1'000), ElementsAre("failed:1009"));
}

TEST(FrameParser, EndlessEmptyFragmentsEnd) {
    std::string bytes = bytes_of(first("a"));
    for (int i = 0; i < 3'000; ++i) bytes += bytes_of(more("", false));

    EXPECT_THAT(parsed(bytes, 1U << 20, 1'000), ElementsAre("failed:1008"));
}

TEST(FrameParser, AThousandTinyFragmentsAreOneMessage) {
    std::string bytes = bytes_of(first("a"));
    for (int i = 0; i < 1'000; ++i) bytes += bytes_of(more("b", false));
    bytes += bytes_of(more("c", true));

    EXPECT_THAT(parsed(bytes, 11), ElementsAre("text:a" + std::string(1'000, 'b') + "c"));
}

TEST(FrameParser, TellsNothingMoreOnceTheListenerIsDone) {
    class Once final : public net::FrameParser::Listener {
    public:
        bool on_text(std::string_view) override { return ++texts < 1; }
        bool on_ping(std::string_view) override { return true; }
        bool on_pong() override { return true; }
        void on_close(std::uint16_t) override {}
        void on_failure(CloseCode, std::string_view) override {}
        int texts = 0;
    } once;
    net::FrameParser parser{1'000};
    auto bytes = many({text("a"), text("b")});

    EXPECT_FALSE(parser.take(bytes.data(), bytes.size(), once));

    EXPECT_EQ(once.texts, 1);
}

TEST(Utf8Checker, KnowsWhatIsHalfReceived) {
    net::Utf8Checker checker;
    EXPECT_TRUE(checker.take("abcdefgh\xE2\x82"));
    EXPECT_FALSE(checker.complete());
    EXPECT_TRUE(checker.take("\xAC"));
    EXPECT_TRUE(checker.complete());
    EXPECT_FALSE(checker.take("\x80"));
}

}  // namespace
}  // namespace carillon
