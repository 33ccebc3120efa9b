#pragma once
// The proof that nothing was lost: every accepted event was planned, and everything that was planned is in
// exactly one state, in one place. What does not add up is listed.
//
// Threads: called on the event loop. Reads one snapshot, so that a pipeline at work is never caught halfway;
// on a large record it takes seconds, and the database must be set up to let it (statement timeout).
#include <boost/asio/awaitable.hpp>
#include <carillon/time.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.hpp"

namespace carillon::notify {

namespace asio = boost::asio;

struct AuditFinding {
    std::string what;  // the check's name, stable: "event_lost"
    std::string event_id;
    std::string delivery_id;
    std::string user_id;
    std::string detail;
};

struct AuditCheck {
    std::string name;
    std::string about;                   // what must hold, in one sentence
    std::int64_t total = 0;              // of what breaks it
    std::vector<AuditFinding> findings;  // the first hundred
};

struct AuditReport {
    Time since;
    std::int64_t events = 0;  // looked at
    std::int64_t messages = 0;
    std::vector<AuditCheck> checks;  // all that were made, in the order of a message's life

    [[nodiscard]] std::int64_t total() const;
};

struct AuditSettings {
    std::chrono::seconds lease{30};
};

class Audit {
public:
    Audit(db::Database& database, Clock clock, AuditSettings settings = {});

    // Of what was accepted since then.
    asio::awaitable<AuditReport> run(int since_days);

private:
    db::Database& database_;
    Clock clock_;
    AuditSettings settings_;
};

}  // namespace carillon::notify
