#pragma once
// Providers like to quote what they refuse. What they say is kept for the timeline, what they quote is not.
#include <carillon/channel.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace carillon::channels {

// Masks whatever is as long as a phone number.
[[nodiscard]] std::string without_numbers(std::string_view sentence);
// So many bytes at most, cut where a character ends.
[[nodiscard]] std::string_view shortened(std::string_view text, std::size_t longest);

class Scrubber {
public:
    // Borrows from the message: its text, its values, its number and its tokens are what must not come back.
    explicit Scrubber(const Message& message);

    // A sentence of the provider's without anything of ours, of a length fit to be kept. What is not UTF-8 is
    // left out as a whole.
    [[nodiscard]] std::string operator()(std::string_view sentence) const;

private:
    void hide(std::string_view value);
    void hide_strings_in(const Json& value);

    std::vector<std::string_view> hidden_;
};

}  // namespace carillon::channels
