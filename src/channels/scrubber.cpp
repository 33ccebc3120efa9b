#include "channels/scrubber.hpp"

#include <algorithm>
#include <carillon/bytes.hpp>
#include <cctype>

namespace carillon::channels {
namespace {

constexpr std::size_t longest_kept = 300;
// A quotation may be cut or escaped: so many bytes in common are one all the same.
constexpr std::size_t quotation = 12;
// Shorter values are words that any sentence may hold.
constexpr std::size_t shortest_hidden = 4;
constexpr std::size_t digits_of_a_number = 7;
constexpr std::size_t length_of_a_token = 32;
// Each answer is looked for in the message at every place; a text of 64 KiB would make that dear.
constexpr std::size_t searched = 8 * 1024;
constexpr std::string_view mask = "***";
constexpr std::string_view withheld = "(withheld: it quotes the message)";

bool quotes(std::string_view sentence, std::string_view value) {
    if (value.size() < quotation) return false;
    for (std::size_t at = 0; at + quotation <= sentence.size(); ++at) {
        if (value.find(sentence.substr(at, quotation)) != std::string_view::npos) return true;
    }
    return false;
}

void mask_all(std::string& text, std::string_view value) {
    for (auto at = text.find(value); at != std::string::npos; at = text.find(value, at + mask.size()))
        text.replace(at, value.size(), mask);
}

// Masks what looks like one whoever's it is: numbers and tokens that the message does not hold.
template <class Belongs>
std::string with_runs_masked(std::string_view text, std::size_t shortest, Belongs belongs) {
    std::string masked;
    for (auto begin = text.begin(); begin != text.end();) {
        const auto* const run = std::find_if(begin, text.end(), belongs);
        const auto* const end = std::find_if_not(run, text.end(), belongs);
        masked.append(begin, run);
        if (static_cast<std::size_t>(end - run) < shortest)
            masked.append(run, end);
        else
            masked += mask;
        begin = end;
    }
    return masked;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_of_a_token(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == ':';
}
bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20U || c == 0x7F;
}

}  // namespace

std::string without_numbers(std::string_view sentence) {
    return with_runs_masked(sentence, digits_of_a_number, is_digit);
}

std::string_view shortened(std::string_view text, std::size_t longest) {
    if (text.size() <= longest) return text;
    auto end = longest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

Scrubber::Scrubber(const Message& message) {
    hide(message.text);
    if (!message.phone.empty())
        hide(std::string_view{message.phone}.substr(1));  // providers leave out the plus
    for (const auto& target : message.targets) hide(target.value);
    hide_strings_in(message.content);
}

void Scrubber::hide(std::string_view value) {
    if (value.size() >= shortest_hidden) hidden_.push_back(value.substr(0, searched));
}

void Scrubber::hide_strings_in(const Json& value) {
    if (value.is_string()) return hide(value.get_ref<const std::string&>());
    if (!value.is_structured()) return;
    for (const auto& each : value) hide_strings_in(each);
}

std::string Scrubber::operator()(std::string_view sentence) const {
    if (!is_utf8(sentence)) return {};
    const auto kept = shortened(sentence, longest_kept);
    const auto quoted = [kept](std::string_view value) { return quotes(kept, value); };
    if (std::any_of(hidden_.begin(), hidden_.end(), quoted)) return std::string{withheld};

    std::string text{kept};
    std::replace_if(text.begin(), text.end(), is_control, ' ');
    for (const auto& value : hidden_) mask_all(text, value);
    return with_runs_masked(without_numbers(text), length_of_a_token, is_of_a_token);
}

}  // namespace carillon::channels
