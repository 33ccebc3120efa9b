#pragma once
#include <string>

namespace carillon::sandbox {

// "9b2f6c1e-…": random (version 4), as MyOperator names its messages and events.
[[nodiscard]] std::string make_uuid();

}  // namespace carillon::sandbox
