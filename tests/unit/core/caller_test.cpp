#include <carillon/caller.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace carillon {
namespace {

TEST(Role, IsNamedAsInTokens) {
    struct Row {
        Role role;
        std::string_view name;
        bool staff;
    };
    const std::vector<Row> rows{{Role::admin, "admin", true},
                                {Role::service, "service", true},
                                {Role::salesperson, "salesperson", false},
                                {Role::property_manager, "property_manager", false},
                                {Role::customer, "customer", false},
                                {Role::provider, "provider", false},
                                {Role::delivery_agent, "delivery_agent", false}};
    for (const auto& row : rows) {
        EXPECT_EQ(name_of(row.role), row.name);
        EXPECT_EQ(role_named(row.name), row.role);
        EXPECT_EQ((Caller{UserId{"u"}, row.role}.staff()), row.staff) << row.name;
    }
}

TEST(Role, IsRefusedUnderAnyOtherName) {
    for (const auto* name : {"", "Admin", "ADMIN", "admin ", "root", "delivery agent"})
        EXPECT_EQ(role_named(name), std::nullopt) << name;
}

}  // namespace
}  // namespace carillon
