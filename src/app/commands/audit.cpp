#include "notify/audit.hpp"

#include "app/commands/commands.hpp"
#include "app/commands/with_database.hpp"

namespace carillon::app {
namespace {

Json or_null(const std::string& text) {
    return text.empty() ? Json{} : Json(text);
}

Json to_json(const notify::AuditFinding& finding) {
    return {{"what", finding.what},
            {"event_id", or_null(finding.event_id)},
            {"delivery_id", or_null(finding.delivery_id)},
            {"user_id", or_null(finding.user_id)},
            {"detail", finding.detail}};
}

Json to_json(const notify::AuditReport& report) {
    Json checks = Json::array();
    for (const auto& check : report.checks) {
        Json findings = Json::array();
        for (const auto& finding : check.findings) findings.push_back(to_json(finding));
        checks.push_back({{"name", check.name},
                          {"about", check.about},
                          {"total", check.total},
                          {"findings", std::move(findings)}});
    }
    return {{"since", to_rfc3339(report.since)},
            {"events", report.events},
            {"messages", report.messages},
            {"total", report.total()},
            {"checks", std::move(checks)}};
}

std::string counted(std::int64_t count, const char* one, const char* many) {
    return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

void print(Shell& shell, const notify::AuditReport& report) {
    if (shell.json) return shell.print(to_json(report));
    std::vector<std::vector<std::string>> rows;
    for (const auto& check : report.checks) {
        const bool holds = check.total == 0;
        rows.push_back(
            {holds ? "ok" : "fail", check.name, holds ? check.about : std::to_string(check.total)});
        for (const auto& finding : check.findings) {
            std::string where;
            for (const auto* id : {&finding.event_id, &finding.delivery_id, &finding.user_id})
                if (!id->empty()) where.append(where.empty() ? "" : " ").append(*id);
            rows.push_back({"", "", where.append(": ").append(finding.detail)});
        }
        const auto untold = check.total - static_cast<std::int64_t>(check.findings.size());
        if (untold > 0) rows.push_back({"", "", "and " + std::to_string(untold) + " more"});
    }
    shell.print_table(rows);
    shell.out << counted(report.events, "event", "events") << " and "
              << counted(report.messages, "message", "messages") << " since " << to_rfc3339(report.since)
              << ": " << counted(report.total(), "finding", "findings") << '\n';
}

}  // namespace

int run_audit(Shell& shell, int days) {
    const std::function<boost::asio::awaitable<notify::AuditReport>(db::Database&)> ask =
        [&shell, days](db::Database& database) -> boost::asio::awaitable<notify::AuditReport> {
        notify::Audit audit{database, shell.now};
        co_return co_await audit.run(days);
    };
    // A year of ten million messages is read through several times.
    const auto report = with_database(shell, std::chrono::hours{1}, ask);
    if (!report) return shell.fail(report.error());
    print(shell, *report);
    return report->total() == 0 ? exit_ok : exit_failed;
}

}  // namespace carillon::app
