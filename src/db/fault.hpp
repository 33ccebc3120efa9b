#pragma once
// What a failed job's exception means for the pool. Pure, so that the rules can be tested one by one.
#include <exception>

namespace carillon::db {

enum class Fault {
    theirs,      // the job's own affair: passed on unchanged
    conflict,    // serialization failure or deadlock: everything was rolled back, the same may work now
    timeout,     // the statement timeout struck
    refused,     // the server cannot do it now: full, read-only, out of something; nothing was changed
    broken,      // the connection is gone
    stale_plan,  // a prepared statement is gone or no longer fits the tables; nothing was executed
    in_doubt,    // it may have been committed
};

[[nodiscard]] Fault classify(const std::exception_ptr& error, bool connection_open) noexcept;

}  // namespace carillon::db
