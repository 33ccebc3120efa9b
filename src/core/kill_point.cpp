#include "core/kill_point.hpp"

#ifdef CARILLON_KILL_POINTS

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace carillon {
namespace {

struct Target {
    std::string name;
    int passes = 1;
};

Target read_target() {
    const char* wanted = std::getenv("CARILLON_TEST_KILL_AT");
    if (!wanted) return {};
    std::string name = wanted;
    const auto colon = name.find(':');
    if (colon == name.npos) return {std::move(name), 1};
    return {name.substr(0, colon), std::atoi(name.c_str() + colon + 1)};
}

}  // namespace

void kill_point(std::string_view name) {
    static const Target target = read_target();
    static std::atomic<int> passed{0};
    if (target.name != name) return;
    if (++passed == target.passes) std::raise(SIGKILL);
}

}  // namespace carillon

#endif
