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
constexpr std::string_view mask = "***";
constexpr std::string_view withheld = "(withheld: it quotes the message)";

std::string_view shortened(std::string_view text) {
    if (text.size() <= longest_kept) return text;
    auto end = longest_kept;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

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
void mask_runs(std::string& text, std::size_t shortest, Belongs belongs) {
    for (auto begin = text.begin(); begin != text.end();) {
        begin = std::find_if(begin, text.end(), belongs);
        const auto end = std::find_if_not(begin, text.end(), belongs);
        if (static_cast<std::size_t>(end - begin) < shortest) {
            begin = end;
            continue;
        }
        const auto at = begin - text.begin();
        text.replace(begin, end, mask);
        begin = text.begin() + at + static_cast<std::ptrdiff_t>(mask.size());
    }
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

Scrubber::Scrubber(const Message& message) {
    hide(message.text);
    if (!message.phone.empty())
        hide(std::string_view{message.phone}.substr(1));  // providers leave out the plus
    for (const auto& target : message.targets) hide(target.value);
    hide_strings_in(message.content);
}

void Scrubber::hide(std::string_view value) {
    if (value.size() >= shortest_hidden) hidden_.push_back(value);
}

void Scrubber::hide_strings_in(const Json& value) {
    if (value.is_string()) return hide(value.get_ref<const std::string&>());
    if (!value.is_structured()) return;
    for (const auto& each : value) hide_strings_in(each);
}

std::string Scrubber::operator()(std::string_view sentence) const {
    if (!is_utf8(sentence)) return {};
    const auto kept = shortened(sentence);
    const auto quoted = [kept](std::string_view value) { return quotes(kept, value); };
    if (std::any_of(hidden_.begin(), hidden_.end(), quoted)) return std::string{withheld};

    std::string text{kept};
    std::replace_if(text.begin(), text.end(), is_control, ' ');
    for (const auto& value : hidden_) mask_all(text, value);
    mask_runs(text, digits_of_a_number, is_digit);
    mask_runs(text, length_of_a_token, is_of_a_token);
    return text;
}

}  // namespace carillon::channels
