#pragma once
#include "admin/health.hpp"
#include "admin/openapi.hpp"
#include "admin/scraper.hpp"
#include "http/route.hpp"

namespace carillon::admin {

// Health, metrics and the interface's description. All three must outlive the routes.
[[nodiscard]] http::Routes admin_routes(Health& health, Scraper& scraper, const OpenApi& openapi);

}  // namespace carillon::admin
