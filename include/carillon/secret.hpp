#pragma once
#include <string>
#include <string_view>
#include <utility>

namespace carillon {

// A value that no log, document or error ever shows: there is no way to print it but reveal().
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_{std::move(value)} {}

    [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
    bool operator==(const Secret&) const = delete;  // compare in constant time, see equal_in_constant_time

private:
    std::string value_;
};

[[nodiscard]] bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept;

}  // namespace carillon
