#pragma once
#include <carillon/id.hpp>
#include <carillon/time.hpp>
#include <optional>
#include <string_view>

namespace carillon {

enum class Role { admin, service, salesperson, property_manager, customer, provider, delivery_agent };

[[nodiscard]] std::string_view name_of(Role role) noexcept;
[[nodiscard]] std::optional<Role> role_named(std::string_view name) noexcept;

// Who is asking.
struct Caller {
    UserId user;
    Role role = Role::customer;
    // Made from the path in development mode: there was no token.
    bool assumed = false;
    std::optional<Time> expires = std::nullopt;  // of the token

    [[nodiscard]] bool staff() const noexcept { return role == Role::admin || role == Role::service; }
};

}  // namespace carillon
