#pragma once
// What a command of the command line works with: where it prints, and the world outside.
#include <carillon/error.hpp>
#include <carillon/json.hpp>
#include <carillon/time.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace carillon::app {

enum ExitCode : int { exit_ok = 0, exit_failed = 1, exit_usage = 2 };

struct Shell {
    std::ostream& out;
    std::ostream& err;
    config::Sources sources = {};
    Clock now = {};
    bool json = false;  // --json was given

    [[nodiscard]] Result<config::Loaded> load(config::Scope scope) const {
        return config::load(sources, scope);
    }

    void print(const Json& value);
    // Columns as wide as their widest cell.
    void print_table(const std::vector<std::vector<std::string>>& rows);
    // Tells what went wrong, to people on the error stream, to programs as {"error", "mistakes"}.
    int fail(const Error& error, ExitCode code = exit_failed);
};

}  // namespace carillon::app
