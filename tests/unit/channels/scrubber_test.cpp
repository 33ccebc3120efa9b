#include "channels/scrubber.hpp"

#include <gmock/gmock.h>

#include "support/message.hpp"

namespace carillon::channels {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string scrubbed(std::string_view sentence) {
    auto message = test::a_message();
    message.content["data"] = {{"code", "4711"}};
    message.content["template"] = {{"parameters", {{{"text", "Priya Sharma of Pune"}}}}};
    return Scrubber{message}(sentence);
}

TEST(Scrubber, KeepsWhatIsNotOurs) {
    EXPECT_EQ(scrubbed("Requested entity was not found."), "Requested entity was not found.");
    EXPECT_EQ(scrubbed("(#131056) Pair rate limit hit"), "(#131056) Pair rate limit hit");
}

TEST(Scrubber, WithholdsAQuotation) {
    for (const auto* sentence :
         {"Invalid value: Priya asks about the corner flat.", "bad text \"asks about the corn\" (cut)",
          "to 919876543210 it was", "token-of-the-first-device is unknown",
          "name Priya Sharma of Pune too long"})
        EXPECT_EQ(scrubbed(sentence), "(withheld: it quotes the message)") << sentence;
}

TEST(Scrubber, MasksShortValuesNumbersAndTokens) {
    EXPECT_EQ(scrubbed("code 4711 is unknown"), "code *** is unknown");
    EXPECT_EQ(scrubbed("account 1234567 and 123456"), "account *** and 123456");
    EXPECT_EQ(scrubbed("key " + std::string(40, 'x') + " expired"), "key *** expired");
    EXPECT_EQ(scrubbed("a\nline\x1b[2J"), "a line [2J");
}

TEST(Scrubber, SearchesOnlyTheBeginningOfALongText) {
    auto message = test::a_message();
    const std::string filler(8 * 1024, '.');
    message.text = "the words at the beginning" + filler + "and something else entirely";

    EXPECT_EQ(Scrubber{message}("bad: the words at the beginning"), "(withheld: it quotes the message)");
    EXPECT_EQ(Scrubber{message}("bad: something else entirely"), "bad: something else entirely");
}

TEST(Scrubber, MasksNumbersByThemselves) {
    EXPECT_EQ(without_numbers("to 919876543210, 1234567 and 123456"), "to ***, *** and 123456");
    EXPECT_EQ(without_numbers(""), "");
}

TEST(Scrubber, CutsWhereACharacterEndsAndLeavesOutWhatIsNotText) {
    std::string long_one(299, '.');
    long_one += "é and more";

    EXPECT_EQ(scrubbed(long_one), std::string(299, '.'));
    EXPECT_EQ(scrubbed("\xff broken"), "");
}

}  // namespace
}  // namespace carillon::channels
