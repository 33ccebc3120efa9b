#pragma once
// What the audit holds the tables against, as a table of its own.
#include <span>

namespace carillon::notify {

struct AuditRule {
    const char* name;
    const char* about;
    // Yields event_id, delivery_id, user_id and detail of all that breaks the rule. It finds in `since`:
    // event and message, the lowest ids that are looked at, and overdue, the time after which a lease has run
    // out twice.
    const char* sql;
};

[[nodiscard]] std::span<const AuditRule> audit_rules() noexcept;

}  // namespace carillon::notify
