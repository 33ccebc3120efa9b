#pragma once
// Everything an operator can set, as one validated value. The initialisers are the defaults; the names are
// the keys of config/carillon.toml. What a key may hold and what else it is called stands in schema.cpp. Only
// app sees this; every other room gets plain settings of its own.
#include <carillon/log.hpp>
#include <carillon/secret.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "config/endpoint.hpp"

namespace carillon::config {

struct Server {
    std::vector<Endpoint> listen{{"127.0.0.1", 8000}};  // plain HTTP and WebSocket; port 0: any free one
    std::vector<Endpoint> tls_listen;                   // the same over TLS
    std::string node;                                   // this server's name among several; empty: the host's
    std::string public_url;                     // how clients reach us, without a final slash; may be empty
    std::chrono::seconds shutdown_seconds{10};  // what is in flight may take this long after SIGTERM
    bool reuse_port = false;                    // several processes share a port (SO_REUSEPORT)
};

struct Certificate {
    std::string cert;  // path of a PEM file, the chain included
    std::string key;   // path of its private key
};

enum class TlsVersion { tls_1_2, tls_1_3 };

struct Tls {
    std::vector<Certificate> certificates;  // chosen by the name a client asks for; the first is the fallback
    TlsVersion min_version = TlsVersion::tls_1_2;
};

struct Http {
    std::size_t header_bytes = 16 * 1024;         // start line and header fields together
    std::size_t body_bytes = 1024 * 1024;         // of an ordinary request
    std::size_t bulk_bytes = 16 * 1024 * 1024;    // of a route that streams its body
    std::chrono::seconds header_seconds{10};      // for a whole header
    std::chrono::seconds body_seconds{30};        // for a whole body; streaming: between two pieces
    std::chrono::seconds idle_seconds{75};        // between two requests of a connection
    std::chrono::seconds write_seconds{30};       // for a client that does not read
    std::size_t connections = 100'000;            // at once, all together
    std::size_t connections_per_address = 1'000;  // at once, from one client address
    int rate_per_second = 50;                     // requests of one user or address; 0: no limit
    int rate_burst = 100;                         // requests that may come at once before the rate counts
    std::vector<std::string> allowed_origins;     // for CORS and WebSockets; "*" alone: everyone
    std::vector<std::string> trusted_proxies;  // addresses and CIDR blocks whose X-Forwarded-For is believed
};

enum class AuthMode { token, development };

struct Auth {
    AuthMode mode = AuthMode::token;
    Secret jwt_secret;            // HS256, 32 bytes or more
    std::string public_key_file;  // PEM, RS256 or ES256
    std::string jwks_file;        // JWKS document
    std::string issuer;           // tokens must name it, when set
    std::string audience;         // tokens must name it, when set
    std::chrono::seconds leeway_seconds{30};
};

struct Database {
    Secret url;  // a Secret because it may hold a password
    std::size_t connections = 8;
    std::chrono::milliseconds statement_timeout_ms{5'000};
    std::chrono::milliseconds connect_timeout_ms{3'000};
    bool migrate_on_start = true;
};

struct Log {
    log::Level level = log::Level::info;
    log::Format format = log::Format::json;
    bool requests = true;  // one line per request
};

struct Firebase {
    Secret service_account_key;  // a path, or the JSON itself
    std::string project_id;      // empty: the one in the key
    std::string base_url = "https://fcm.googleapis.com";
};

struct Myoperator {
    Secret api_key;
    Secret api_secret;
    std::string account_id;
    std::string phone_number;
    std::string phone_number_id;  // empty: looked up by the phone number
    std::string waba_id;          // only some accounts need it
    std::string base_url = "https://publicapi.myoperator.co";
    Secret webhook_key;  // what their webhook must show; empty: it is refused
};

enum class Backoff { fixed, exponential };
enum class ChannelBackoff { as_all, fixed, exponential };

struct Queue {
    int retry_attempts = 3;
    std::chrono::minutes retry_delay_minutes{5};
    Backoff retry_backoff = Backoff::fixed;
    ChannelBackoff push_backoff = ChannelBackoff::as_all;
    ChannelBackoff whatsapp_backoff = ChannelBackoff::as_all;
    ChannelBackoff web_chat_backoff = ChannelBackoff::as_all;
    std::chrono::seconds lease_seconds{
        30};  // how long a server may be silent before another takes its work over
};

struct Notifications {
    std::string routing_file = "config/routing.toml";  // not there: the policy that was built in
    std::string language = "en";                       // of people who have not said
    std::chrono::seconds foreground_grace_seconds{5};  // how long push waits for an app that is open
};

struct Realtime {
    std::size_t message_bytes = 64 * 1024;   // largest message of a client
    std::size_t connections_per_user = 20;   // one more closes the oldest
    std::chrono::seconds ping_seconds{25};   // between two pings; two that go unanswered end a connection
    std::chrono::seconds stall_seconds{60};  // a client that takes nothing for so long is let go
    std::size_t queue_messages = 256;        // that wait for a slow client
    std::size_t queue_bytes = 1024 * 1024;
    std::size_t queue_total_bytes = 256 * 1024 * 1024;  // that wait for all of them
    int kept_messages = 500;                            // of a feed, for those who come back
    int kept_days = 7;
    std::size_t recent_bytes = 64 * 1024 * 1024;  // of messages in memory, for those who come back soon
    std::chrono::seconds recent_seconds{300};
    int admissions_per_second = 5'000;  // new connections that are let in
};

struct Pusher {
    std::string app_id;
    std::string app_key;
    Secret app_secret;
};

struct Config {
    Server server;
    Tls tls;
    Http http;
    Auth auth;
    Database database;
    Log log;
    Firebase firebase;
    Myoperator myoperator;
    Queue queue;
    Notifications notifications;
    Realtime realtime;
    Pusher pusher;
};

}  // namespace carillon::config
