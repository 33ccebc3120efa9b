#pragma once
// What the server hands out to browsers: scripts and pages, in the binary since it was built.
//
// Threads: the event loop. Lifetime: outlives every request.
#include <string>
#include <utility>
#include <vector>

#include "http/document.hpp"
#include "http/route.hpp"

namespace carillon::web {

class Pages {
public:
    Pages();

    [[nodiscard]] http::Routes routes() const;

private:
    std::vector<std::pair<std::string, http::Document>> files_;  // by path
};

}  // namespace carillon::web
