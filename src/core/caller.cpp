#include <carillon/caller.hpp>

#include <array>

namespace carillon {

std::string_view name_of(Role role) noexcept {
    switch (role) {
        case Role::admin: return "admin";
        case Role::service: return "service";
        case Role::salesperson: return "salesperson";
        case Role::property_manager: return "property_manager";
        case Role::customer: return "customer";
        case Role::provider: return "provider";
        case Role::delivery_agent: return "delivery_agent";
    }
    return {};
}

std::optional<Role> role_named(std::string_view name) noexcept {
    constexpr std::array roles{Role::admin,    Role::service,  Role::salesperson,   Role::property_manager,
                               Role::customer, Role::provider, Role::delivery_agent};
    for (const auto role : roles)
        if (name_of(role) == name) return role;
    return std::nullopt;
}

}  // namespace carillon
