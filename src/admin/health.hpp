#pragma once
// What the server says of itself to people, uptime checks and orchestrators.
//
// Threads: the event loop.
#include <carillon/response.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "admin/numbers.hpp"
#include "admin/readiness.hpp"

namespace carillon::admin {

struct Identity {
    std::string name = "Carillon";
    std::string version;
    std::string node;  // which of several servers this is
};

class Health {
public:
    using Instant = std::chrono::steady_clock::time_point;

    Health(Identity identity, const Readiness& readiness, std::function<DatabaseNumbers()> database,
           std::function<Instant()> now = &std::chrono::steady_clock::now);

    // Always 200: the body says how it is. Asked more often than anything else, so the body is kept: rendered
    // once a second, or when the phase or the database's state is seen to change.
    [[nodiscard]] Response health();
    // 200, or 503 with the reason while nothing should be sent here.
    [[nodiscard]] Response ready() const;
    // 200 whatever happens, touching nothing: it only shows that the loop turns.
    [[nodiscard]] static Response live();
    // Who this is and where the rest is.
    [[nodiscard]] Response root() const;

private:
    [[nodiscard]] bool current(Instant now);
    void render(Instant now);
    [[nodiscard]] std::string_view status() const;

    Identity identity_;
    const Readiness& readiness_;
    std::function<DatabaseNumbers()> database_;
    std::function<Instant()> now_;
    Instant started_;
    std::string root_;

    std::string body_;
    Phase phase_ = Phase::starting;  // these three as the body shows them
    bool database_up_ = false;
    Instant rendered_;
    Instant asked_;  // when the database was last asked
};

}  // namespace carillon::admin
