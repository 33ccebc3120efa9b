#include "core/nearest.hpp"

#include <algorithm>
#include <vector>

namespace carillon {
namespace {

constexpr std::size_t longest_word = 64;  // nobody misspells more, and the work grows with the square

// Letters to insert, remove or change, or neighbours to swap, to turn one word into the other.
std::size_t edit_distance(std::string_view one, std::string_view other) {
    const auto width = other.size() + 1;
    std::vector<std::size_t> cells((one.size() + 1) * width);
    const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& { return cells[i * width + j]; };
    for (std::size_t i = 0; i <= one.size(); ++i) cell(i, 0) = i;
    for (std::size_t j = 0; j < width; ++j) cell(0, j) = j;
    for (std::size_t i = 1; i <= one.size(); ++i) {
        for (std::size_t j = 1; j < width; ++j) {
            const std::size_t differ = one[i - 1] == other[j - 1] ? 0 : 1;
            auto least = std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, cell(i - 1, j - 1) + differ});
            if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1])
                least = std::min(least, cell(i - 2, j - 2) + 1);
            cell(i, j) = least;
        }
    }
    return cell(one.size(), other.size());
}

}  // namespace

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> known) {
    if (word.size() > longest_word) return {};
    std::string_view best;
    // Up to a third of the word may be wrong, one letter in any case.
    auto limit = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const auto name : known) {
        if (name.size() > longest_word) continue;
        const auto distance = edit_distance(word, name);
        // A name of which nothing is left unchanged is another name.
        if (distance >= limit || distance >= name.size()) continue;
        best = name;
        limit = distance;
    }
    return best;
}

}  // namespace carillon
