#pragma once
// The verbs of the command line, a file each. All return an exit code.
#include <optional>
#include <string>
#include <vector>

#include "app/shell.hpp"

namespace carillon::app {

int serve(Shell& shell);

struct MigrateArguments {
    std::optional<int> up_to;
    bool print_sql = false;
};
int migrate(Shell& shell, const MigrateArguments& arguments);
int verify_migrations(Shell& shell);

struct TokenArguments {
    std::string user;
    std::string role;
    std::string ttl = "1h";
};
int print_token(Shell& shell, const TokenArguments& arguments);

struct SandboxArguments {
    std::string listen = "127.0.0.1:8001";
    std::string account;
    std::string webhook;
    std::string webhook_key;
    // Whose pages may drive it.
    std::vector<std::string> origins{"http://127.0.0.1:8000", "http://localhost:8000"};
};
int run_sandbox(Shell& shell, const SandboxArguments& arguments);

int check_config(Shell& shell);
int run_doctor(Shell& shell);
// What `doctor --audit` does instead: see notify/audit.hpp.
int run_audit(Shell& shell, int days);

struct WhyArguments {
    std::string user;
    std::string event;
};
int why(Shell& shell, const WhyArguments& arguments);
int version(Shell& shell);

// Loads what a command that only needs the database needs; Failure::invalid when it has no address.
[[nodiscard]] Result<std::string> database_url(const Shell& shell);

}  // namespace carillon::app
