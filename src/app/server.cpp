#include "app/server.hpp"

#include <sys/resource.h>

#include <carillon/log.hpp>
#include <exception>
#include <utility>

#include "app/application.hpp"

namespace carillon::app {
namespace {

// A server of sockets needs as many files as it may have; asking for them is what the hard limit is for.
void raise_file_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

int serve(const config::Loaded& loaded, const Reload& reload) {
    auto materials = Application::gather(loaded.config);
    if (materials.has_error()) {
        for (const auto& line : config::lines_of(materials.error()))
            log::error("start_failed", {{"reason", line}});
        return 1;
    }
    Application application{loaded.config, std::move(*materials), reload};
    return application.run();
}

}  // namespace

int run_server(const config::Loaded& loaded, const std::function<Result<config::Loaded>()>& reload) {
    log::start(loaded.config.log.level, loaded.config.log.format);
    raise_file_limit();
    int exit_code = 1;
    try {
        exit_code = serve(loaded, reload);
    } catch (const std::exception& surprise) {
        log::error("server_failed", {{"what", surprise.what()}});
    }
    log::stop();
    return exit_code;
}

}  // namespace carillon::app
