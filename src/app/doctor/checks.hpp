#pragma once
// What `carillon doctor` looks at. A check never throws for what it looks for: that is its finding.
#include <carillon/time.hpp>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace carillon::app::doctor {

enum class Verdict { ok, warn, fail, skipped };

struct Finding {
    std::string name;  // stable, for programs: "database_rights"
    Verdict verdict = Verdict::ok;
    std::string detail;
    std::string mend = {};  // a statement, a command or a sentence; empty when there is nothing to do
};
using Findings = std::vector<Finding>;

// Reachable, version, rights, migrations, schema, clock, notifications.
[[nodiscard]] Findings database_findings(const config::Config& config);

[[nodiscard]] Finding open_files();
[[nodiscard]] Finding open_files(std::uint64_t limit);

[[nodiscard]] Finding push_credentials(const config::Firebase& firebase, const config::FileReader& read_file);
[[nodiscard]] Finding whatsapp_credentials(const config::Myoperator& myoperator);
[[nodiscard]] Findings certificates(const config::Config& config, const config::FileReader& read_file,
                                    Time now);
[[nodiscard]] Finding token_keys(const config::Config& config);

}  // namespace carillon::app::doctor
