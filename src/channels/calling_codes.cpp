#include "channels/calling_codes.hpp"

#include <algorithm>
#include <array>

namespace carillon::channels {
namespace {

// ITU-T E.164, assigned codes, those of the worldwide networks included. In the order of their digits, so
// that they can be looked up.
constexpr std::array<std::string_view, 216> codes{
    "1",   "20",  "211", "212", "213", "216", "218", "220", "221", "222", "223", "224", "225", "226", "227",
    "228", "229", "230", "231", "232", "233", "234", "235", "236", "237", "238", "239", "240", "241", "242",
    "243", "244", "245", "246", "247", "248", "249", "250", "251", "252", "253", "254", "255", "256", "257",
    "258", "260", "261", "262", "263", "264", "265", "266", "267", "268", "269", "27",  "290", "291", "297",
    "298", "299", "30",  "31",  "32",  "33",  "34",  "350", "351", "352", "353", "354", "355", "356", "357",
    "358", "359", "36",  "370", "371", "372", "373", "374", "375", "376", "377", "378", "379", "380", "381",
    "382", "383", "385", "386", "387", "389", "39",  "40",  "41",  "420", "421", "423", "43",  "44",  "45",
    "46",  "47",  "48",  "49",  "500", "501", "502", "503", "504", "505", "506", "507", "508", "509", "51",
    "52",  "53",  "54",  "55",  "56",  "57",  "58",  "590", "591", "592", "593", "594", "595", "596", "597",
    "598", "599", "60",  "61",  "62",  "63",  "64",  "65",  "66",  "670", "672", "673", "674", "675", "676",
    "677", "678", "679", "680", "681", "682", "683", "685", "686", "687", "688", "689", "690", "691", "692",
    "7",   "800", "808", "81",  "82",  "84",  "850", "852", "853", "855", "856", "86",  "870", "878", "880",
    "881", "882", "883", "886", "888", "90",  "91",  "92",  "93",  "94",  "95",  "960", "961", "962", "963",
    "964", "965", "966", "967", "968", "970", "971", "972", "973", "974", "975", "976", "977", "979", "98",
    "992", "993", "994", "995", "996", "998",
};

// No code is the beginning of another: at most one fits a number.
constexpr bool is_prefix_code() {
    for (std::size_t i = 1; i < codes.size(); ++i) {
        if (!(codes[i - 1] < codes[i]) || codes[i].starts_with(codes[i - 1])) return false;
    }
    return true;
}
static_assert(is_prefix_code(), "sorted, and none begins another");

constexpr std::size_t shortest_national = 4;

}  // namespace

std::optional<SplitNumber> split_number(std::string_view e164) noexcept {
    if (e164.starts_with('+')) e164.remove_prefix(1);
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    if (!std::all_of(e164.begin(), e164.end(), is_digit)) return std::nullopt;
    // The last code that is not behind the number in their order is the only one it can begin with.
    const auto* const after = std::upper_bound(codes.begin(), codes.end(), e164);
    if (after == codes.begin()) return std::nullopt;
    const auto code = *(after - 1);
    if (!e164.starts_with(code) || e164.size() < code.size() + shortest_national) return std::nullopt;
    return SplitNumber{e164.substr(0, code.size()), e164.substr(code.size())};
}

}  // namespace carillon::channels
