#include "admin/health.hpp"

#include <carillon/json.hpp>
#include <utility>

namespace carillon::admin {
namespace {

using namespace std::chrono_literals;

constexpr auto body_kept = 1s;
// The pool keeps its state under a lock that its threads take for every job; the loop asks for it seldom.
constexpr auto database_kept = 100ms;

Response unkept(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    response.with("Cache-Control", "no-store");
    return response;
}

Response not_ready(std::string_view reason) {
    auto response = unkept(503, to_text({{"status", "not_ready"}, {"reason", reason}}));
    response.with("Retry-After", "1");
    return response;
}

std::string describe(const Identity& identity) {
    const Json links{{"health", "/api/health"},         {"live", "/healthz/live"},
                     {"ready", "/healthz/ready"},       {"metrics", "/metrics"},
                     {"sockets", "/api/ws/status"},     {"openapi", "/api/openapi.json"},
                     {"asyncapi", "/api/asyncapi.json"}};
    return to_text({{"name", identity.name}, {"version", identity.version}, {"links", links}});
}

}  // namespace

Health::Health(Identity identity, const Readiness& readiness, std::function<DatabaseNumbers()> database,
               std::function<Instant()> now)
    : identity_{std::move(identity)},
      readiness_{readiness},
      database_{std::move(database)},
      now_{std::move(now)},
      started_{now_()},
      root_{describe(identity_)} {}

Response Health::health() {
    const auto now = now_();
    if (!current(now)) render(now);
    return unkept(200, body_);
}

Response Health::ready() const {
    const auto phase = readiness_.phase();
    if (phase != Phase::serving) return not_ready(name_of(phase));
    if (!database_().up) return not_ready("database away");
    return unkept(200, R"({"status":"ready"})");
}

Response Health::live() {
    return unkept(200, R"({"status":"live"})");
}

Response Health::root() const {
    return unkept(200, root_);
}

bool Health::current(Instant now) {
    if (body_.empty() || readiness_.phase() != phase_ || now - rendered_ >= body_kept) return false;
    if (now - asked_ < database_kept) return true;
    asked_ = now;
    return database_().up == database_up_;
}

void Health::render(Instant now) {
    phase_ = readiness_.phase();
    database_up_ = database_().up;
    rendered_ = asked_ = now;
    const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(now - started_).count();
    body_ = to_text({{"status", status()},
                     {"version", identity_.version},
                     {"uptime_seconds", uptime},
                     {"node", identity_.node},
                     {"database", {{"status", database_up_ ? "up" : "away"}}}});
}

// Without the database nothing but this page works; in the other phases what is under way still does.
std::string_view Health::status() const {
    if (!database_up_) return "unhealthy";
    return phase_ == Phase::serving ? "healthy" : "degraded";
}

}  // namespace carillon::admin
