#include "notify/audit.hpp"

#include <utility>

#include "notify/audit_checks.hpp"
#include "notify/columns.hpp"
#include "notify/history_query.hpp"

namespace carillon::notify {
namespace {

constexpr db::Statement count_events{"audit_events", "SELECT count(*) FROM events WHERE id >= $1"};
constexpr db::Statement count_messages{"audit_messages",
                                       "SELECT count(*) FROM notifications_log WHERE id >= $1"};

constexpr int shown = 100;

AuditFinding finding_of(const pqxx::row& row, const char* what) {
    return {what, text_or_empty(row[0]), text_or_empty(row[1]), text_or_empty(row[2]), text_or_empty(row[3])};
}

class Run {
public:
    Run(db::Session& session, Time since, std::chrono::seconds lease)
        // The ids of an event and of its messages may be of two machines' clocks.
        : session_{session},
          event_{id_floor("evt_", since)},
          message_{id_floor("msg_", since - std::chrono::hours{1})},
          lease_{lease} {
        report_.since = since;
    }

    AuditReport run() {
        session_.exec_text(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = 0");
        report_.events = session_.exec(count_events, event_)[0][0].as<std::int64_t>();
        report_.messages = session_.exec(count_messages, message_)[0][0].as<std::int64_t>();
        for (const auto& rule : audit_rules()) report_.checks.push_back(check(rule));
        return std::move(report_);
    }

private:
    AuditCheck check(const AuditRule& rule) {
        const auto name = std::string{"audit_"} + rule.name;
        const auto text =
            std::string{
                "WITH since AS (SELECT $1::text AS event, $2::text AS message,"
                " now() - 2 * $3::bigint * interval '1 second' AS overdue)"
                " SELECT event_id, delivery_id, user_id, detail, count(*) OVER () AS total FROM ("} +
            rule.sql +
            ") broken (event_id, delivery_id, user_id, detail)"
            " ORDER BY event_id, delivery_id, user_id LIMIT $4";
        const db::Statement statement{name.c_str(), text.c_str()};
        AuditCheck result{rule.name, rule.about, 0, {}};
        for (const auto& row : session_.exec(statement, event_, message_, lease_.count(), shown)) {
            result.total = row["total"].as<std::int64_t>();
            result.findings.push_back(finding_of(row, rule.name));
        }
        return result;
    }

    db::Session& session_;
    std::string event_;
    std::string message_;
    std::chrono::seconds lease_;
    AuditReport report_;
};

}  // namespace

std::int64_t AuditReport::total() const {
    std::int64_t sum = 0;
    for (const auto& check : checks) sum += check.total;
    return sum;
}

Audit::Audit(db::Database& database, Clock clock, AuditSettings settings)
    : database_{database}, clock_{std::move(clock)}, settings_{settings} {}

asio::awaitable<AuditReport> Audit::run(int since_days) {
    const auto since = clock_() - std::chrono::days{since_days};
    auto look = [since, lease = settings_.lease](db::Session& session) {
        return Run{session, since, lease}.run();
    };
    co_return co_await database_.transact(std::move(look));
}

}  // namespace carillon::notify
