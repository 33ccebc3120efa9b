#pragma once
// From the one configuration to the plain settings of each room.
#include "config/config.hpp"
#include "db/database.hpp"
#include "http/jwt.hpp"
#include "http/router.hpp"
#include "net/server.hpp"
#include "net/tls.hpp"
#include "realtime/hub.hpp"

namespace carillon::app {

[[nodiscard]] db::Settings database_settings(const config::Config& config);
[[nodiscard]] http::RouterSettings router_settings(const config::Config& config);
[[nodiscard]] realtime::HubSettings hub_settings(const config::Config& config);
[[nodiscard]] net::TlsSettings tls_settings(const config::Config& config);
// Names are resolved here; Failure::invalid when one is unknown.
[[nodiscard]] Result<net::ServerSettings> server_settings(const config::Config& config);
// Null when the configuration has no key at all (development mode). Reads the key files.
[[nodiscard]] Result<std::shared_ptr<const http::JwtVerifier>> token_verifier(const config::Config& config);
// Null when nothing listens with TLS. Reads the certificates.
[[nodiscard]] Result<std::shared_ptr<const net::TlsContext>> tls_context(const config::Config& config);
// This server's name among several.
[[nodiscard]] std::string node_name(const config::Config& config);

}  // namespace carillon::app
