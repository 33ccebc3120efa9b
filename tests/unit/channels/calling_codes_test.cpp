#include "channels/calling_codes.hpp"

#include <gtest/gtest.h>

#include <string>

namespace carillon::channels {
namespace {

TEST(SplitNumber, FindsTheCountry) {
    struct Row {
        const char* e164;
        const char* country;
        const char* national;
    };
    for (const auto& [e164, country, national] :
         {Row{"+919876543210", "91", "9876543210"}, Row{"+237691924173", "237", "691924173"},
          Row{"+12025550123", "1", "2025550123"}, Row{"+18765550123", "1", "8765550123"},
          Row{"+79161234567", "7", "9161234567"}, Row{"+77012345678", "7", "7012345678"},
          Row{"+442071838750", "44", "2071838750"}, Row{"+351912345678", "351", "912345678"},
          Row{"+34912345678", "34", "912345678"}, Row{"+9981234567", "998", "1234567"},
          Row{"+971501234567", "971", "501234567"}, Row{"+8801712345678", "880", "1712345678"},
          Row{"33612345678", "33", "612345678"}}) {
        const auto split = split_number(e164);
        ASSERT_TRUE(split) << e164;
        EXPECT_EQ(split->country, country) << e164;
        EXPECT_EQ(split->national, national) << e164;
    }
}

TEST(SplitNumber, LosesNoDigit) {
    for (int code = 1; code < 1000; ++code) {
        const auto number = std::to_string(code) + "12345678";
        const auto split = split_number(number);
        if (!split) continue;
        EXPECT_EQ(std::string{split->country} + std::string{split->national}, number);
    }
}

TEST(SplitNumber, RefusesWhatNoCountryHas) {
    for (const auto* number :
         {"", "+", "+210123456789", "+999123456789", "+0123456789", "+91", "+91987", "+91abcdefgh"})
        EXPECT_FALSE(split_number(number)) << number;
}

}  // namespace
}  // namespace carillon::channels
