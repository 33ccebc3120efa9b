#pragma once
// Ids are types: a UserId cannot be passed where another id is asked for.
#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace carillon {

template <class Tag>
class Id {
public:
    Id() = default;
    explicit Id(std::string value) : value_{std::move(value)} {}

    [[nodiscard]] const std::string& value() const noexcept { return value_; }
    [[nodiscard]] bool empty() const noexcept { return value_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    std::string value_;
};

using UserId = Id<struct UserTag>;
using DeviceId = Id<struct DeviceTag>;
using EventId = Id<struct EventTag>;
using DeliveryId = Id<struct DeliveryTag>;

// A fresh, time-ordered id with a prefix that says what it names: "dev_0192f3…" (UUID version 7 in hex).
[[nodiscard]] std::string make_id(std::string_view prefix);

}  // namespace carillon

template <class Tag>
struct std::hash<carillon::Id<Tag>> {
    std::size_t operator()(const carillon::Id<Tag>& id) const noexcept {
        return std::hash<std::string>{}(id.value());
    }
};
