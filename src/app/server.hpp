#pragma once
#include <functional>

#include "config/load.hpp"

namespace carillon::app {

// Serves until it is told to stop; the exit code. `reload` reads the configuration anew, for SIGHUP.
int run_server(const config::Loaded& loaded, const std::function<Result<config::Loaded>()>& reload);

}  // namespace carillon::app
