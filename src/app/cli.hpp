#pragma once
#include <string>
#include <vector>

#include "app/shell.hpp"

namespace carillon::app {

// Runs one command; the arguments are those behind the program's name. The exit code: 0 done, 1 failed, 2 not
// understood.
int run_cli(const std::vector<std::string>& arguments, Shell& shell);

}  // namespace carillon::app
