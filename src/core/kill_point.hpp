#pragma once
// Named instants at which a test ends the process as `kill -9` would, to see what is left behind and taken up
// again. CARILLON_TEST_KILL_AT names one, "plan.committed", or "plan.committed:3" for the third time it is
// passed. Only builds with tests know them; a server that is deployed contains nothing of this.
#include <string_view>

namespace carillon {

#ifdef CARILLON_KILL_POINTS
void kill_point(std::string_view name);
#else
inline void kill_point(std::string_view) noexcept {}
#endif

}  // namespace carillon
