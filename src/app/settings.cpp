#include "app/settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <carillon/bytes.hpp>
#include <utility>

#include "config/load.hpp"

namespace carillon::app {
namespace {

namespace ip = boost::asio::ip;

Result<std::string> content_of(const std::string& path) {
    if (path.empty()) return std::string{};
    auto text = config::read_file(path);
    if (text.has_error()) return Error{Failure::invalid, path + ": " + text.error().detail};
    return text;
}

std::optional<Error> add_addresses(const std::vector<config::Endpoint>& endpoints, bool tls,
                                   std::vector<net::ListenAddress>& addresses) {
    boost::asio::io_context io;
    ip::tcp::resolver resolver{io};
    for (const auto& endpoint : endpoints) {
        boost::system::error_code error;
        const auto found = resolver.resolve(endpoint.host, "", ip::tcp::resolver::passive, error);
        if (error) return Error{Failure::invalid, "cannot resolve " + endpoint.host + ": " + error.message()};
        for (const auto& entry : found)
            addresses.push_back({entry.endpoint().address().to_string(), endpoint.port, tls});
    }
    return std::nullopt;
}

}  // namespace

db::Settings database_settings(const config::Config& config) {
    db::Settings settings;
    settings.url = config.database.url;
    settings.connections = config.database.connections;
    settings.statement_timeout = config.database.statement_timeout_ms;
    settings.connect_timeout = config.database.connect_timeout_ms;
    return settings;
}

http::RouterSettings router_settings(const config::Config& config) {
    http::RouterSettings settings;
    settings.body_bytes = config.http.body_bytes;
    settings.bulk_bytes = config.http.bulk_bytes;
    settings.allowed_origins = config.http.allowed_origins;
    settings.rate.per_second = config.http.rate_per_second;
    settings.rate.burst = config.http.rate_burst;
    settings.log_requests = config.log.requests;
    settings.origins = {config.server.public_url, config.auth.mode == config::AuthMode::development};
    return settings;
}

realtime::HubSettings hub_settings(const config::Config& config) {
    const auto& given = config.realtime;
    realtime::HubSettings settings;
    settings.node = node_name(config);
    settings.run = to_hex(random_bytes(4));
    settings.connections_per_user = given.connections_per_user;
    settings.queue_messages = given.queue_messages;
    settings.queue_bytes = given.queue_bytes;
    settings.queue_total_bytes = given.queue_total_bytes;
    settings.recent_bytes = given.recent_bytes;
    settings.recent_time = given.recent_seconds;
    settings.arrivals_per_second = static_cast<std::size_t>(given.admissions_per_second);
    settings.ping = given.ping_seconds;
    settings.message_bytes = given.message_bytes;
    return settings;
}

net::TlsSettings tls_settings(const config::Config& config) {
    net::TlsSettings settings;
    for (const auto& certificate : config.tls.certificates)
        settings.certificates.push_back({certificate.cert, certificate.key});
    settings.only_1_3 = config.tls.min_version == config::TlsVersion::tls_1_3;
    return settings;
}

Result<net::ServerSettings> server_settings(const config::Config& config) {
    net::ServerSettings settings;
    if (auto error = add_addresses(config.server.listen, false, settings.listen)) return *error;
    if (auto error = add_addresses(config.server.tls_listen, true, settings.listen)) return *error;
    settings.reuse_port = config.server.reuse_port;
    settings.header_bytes = config.http.header_bytes;
    settings.header_time = config.http.header_seconds;
    settings.body_time = config.http.body_seconds;
    settings.idle_time = config.http.idle_seconds;
    settings.write_time = config.http.write_seconds;
    settings.connections = config.http.connections;
    settings.connections_per_address = config.http.connections_per_address;
    settings.trusted_proxies = config.http.trusted_proxies;
    settings.sockets.message_bytes = config.realtime.message_bytes;
    settings.sockets.ping = config.realtime.ping_seconds;
    settings.sockets.stall = config.realtime.stall_seconds;
    return settings;
}

Result<std::shared_ptr<const http::JwtVerifier>> token_verifier(const config::Config& config) {
    const auto& auth = config.auth;
    const bool none = auth.jwt_secret.empty() && auth.public_key_file.empty() && auth.jwks_file.empty();
    if (none) return std::shared_ptr<const http::JwtVerifier>{};
    auto pem = content_of(auth.public_key_file);
    if (pem.has_error()) return pem.error();
    auto jwks = content_of(auth.jwks_file);
    if (jwks.has_error()) return jwks.error();

    http::JwtSettings settings;
    settings.hs256_secret = auth.jwt_secret;
    settings.public_key_pem = std::move(*pem);
    settings.jwks = std::move(*jwks);
    settings.issuer = auth.issuer;
    settings.audience = auth.audience;
    settings.leeway = auth.leeway_seconds;
    auto verifier = http::JwtVerifier::create(settings);
    if (verifier.has_error()) return verifier.error();
    return std::shared_ptr<const http::JwtVerifier>{
        std::make_shared<http::JwtVerifier>(std::move(*verifier))};
}

Result<std::shared_ptr<const net::TlsContext>> tls_context(const config::Config& config) {
    if (config.server.tls_listen.empty()) return std::shared_ptr<const net::TlsContext>{};
    return net::TlsContext::create(tls_settings(config));
}

std::string node_name(const config::Config& config) {
    return config.server.node.empty() ? ip::host_name() : config.server.node;
}

}  // namespace carillon::app
