#include "core/nearest.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace carillon {
namespace {

TEST(NearestName, IsTheCloseOneOrNone) {
    constexpr std::array<std::string_view, 5> known{"phone", "name", "locale", "id", "listen_address"};
    struct Row {
        std::string_view word;
        std::string_view nearest;
    };
    for (const auto& [word, nearest] :
         {Row{"phnoe", "phone"}, Row{"phon", "phone"}, Row{"phones", "phone"}, Row{"names", "name"},
          Row{"listen_adress", "listen_address"}, Row{"listen-addres", "listen_address"}, Row{"di", "id"},
          Row{"password", ""}, Row{"x", ""}, Row{"", ""}, Row{"zz", ""}})
        EXPECT_EQ(nearest_name(word, known), nearest) << word;
}

TEST(NearestName, DoesNotSearchForWordsNobodyMistypes) {
    const std::string endless(100'000, 'a');
    const std::array<std::string_view, 2> known{endless, "a"};
    EXPECT_EQ(nearest_name(endless, known), "");
}

}  // namespace
}  // namespace carillon
