#pragma once
#include <carillon/error.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace carillon {

// A phone number in E.164 ("+237691924173"). One that exists is well-formed.
class Phone {
public:
    [[nodiscard]] const std::string& e164() const noexcept { return e164_; }
    [[nodiscard]] std::string digits() const { return e164_.substr(1); }
    // What a log may show: "+2376*****173".
    [[nodiscard]] std::string masked() const;
    auto operator<=>(const Phone&) const = default;

private:
    friend Result<Phone> parse_phone(std::string_view text);
    explicit Phone(std::string e164) : e164_{std::move(e164)} {}
    std::string e164_;
};

// Takes "+237 691-924-173", "00237691924173" and "237691924173"; 8 to 15 digits, the first not zero.
[[nodiscard]] Result<Phone> parse_phone(std::string_view text);

// The number when the text could only be meant as one, nothing otherwise ("15" is an id, not a phone).
[[nodiscard]] std::optional<Phone> as_phone(std::string_view text);

}  // namespace carillon
