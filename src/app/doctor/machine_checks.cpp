#include <sys/resource.h>

#include "app/doctor/checks.hpp"

namespace carillon::app::doctor {

Finding open_files() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return {"open_files", Verdict::warn, "the limit of open files cannot be read"};
    }
    // The server raises its own limit as far as it may, so what it may is what counts.
    return open_files(limit.rlim_max);
}

Finding open_files(std::uint64_t limit) {
    constexpr std::uint64_t enough = 65'536;  // a connection is a file
    const auto text =
        "at most " + (limit == RLIM_INFINITY ? "any number of" : std::to_string(limit)) + " open files";
    if (limit >= enough) return {"open_files", Verdict::ok, text};
    return {"open_files", Verdict::warn, text + ", and each connection is one",
            "as root: ulimit -Hn 262144 (systemd: LimitNOFILE=262144)"};
}

}  // namespace carillon::app::doctor
