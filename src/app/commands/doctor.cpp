#include <algorithm>

#include "app/commands/commands.hpp"
#include "app/doctor/checks.hpp"

namespace carillon::app {
namespace {

using doctor::Finding;
using doctor::Findings;
using doctor::Verdict;

const char* name_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::ok: return "ok";
        case Verdict::warn: return "warn";
        case Verdict::fail: return "fail";
        case Verdict::skipped: return "skipped";
    }
    return "";
}

void add(Findings& all, Findings more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
}

Findings configuration(const Shell& shell) {
    const auto loaded = shell.load(config::Scope::serving);
    if (loaded) return {{"configuration", Verdict::ok, "valid"}};
    Findings all;
    for (auto& line : config::lines_of(loaded.error())) {
        all.push_back({"configuration", Verdict::fail, std::move(line),
                       "correct it; `carillon check-config` tells more"});
    }
    return all;
}

Findings examine(const Shell& shell) {
    auto all = configuration(shell);
    // The values alone may be good enough to go on with, and one visit should find all there is.
    const auto loaded = shell.load(config::Scope::values);
    if (!loaded) {
        all.push_back({"database", Verdict::skipped, "the configuration comes first"});
        all.push_back(doctor::open_files());
        return all;
    }
    const auto& config = loaded->config;
    add(all, doctor::database_findings(config));
    all.push_back(doctor::open_files());
    all.push_back(doctor::push_credentials(config.firebase, shell.sources.read_file));
    all.push_back(doctor::whatsapp_credentials(config.myoperator));
    add(all, doctor::certificates(config, shell.sources.read_file, shell.now()));
    all.push_back(doctor::token_keys(config));
    return all;
}

void print(Shell& shell, const Findings& findings) {
    if (shell.json) {
        auto list = Json::array();
        for (const auto& finding : findings) {
            list.push_back({{"name", finding.name},
                            {"verdict", name_of(finding.verdict)},
                            {"detail", finding.detail},
                            {"mend", finding.mend.empty() ? Json{} : Json(finding.mend)}});
        }
        shell.print(list);
        return;
    }
    std::vector<std::vector<std::string>> rows;
    for (const auto& finding : findings) {
        rows.push_back({name_of(finding.verdict), finding.name, finding.detail});
        if (!finding.mend.empty()) rows.push_back({"", "", "-> " + finding.mend});
    }
    shell.print_table(rows);
}

}  // namespace

int run_doctor(Shell& shell) {
    const auto findings = examine(shell);
    print(shell, findings);
    const auto failed = [](const Finding& finding) { return finding.verdict == Verdict::fail; };
    return std::any_of(findings.begin(), findings.end(), failed) ? exit_failed : exit_ok;
}

}  // namespace carillon::app
