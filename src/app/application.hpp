#pragma once
// The whole server: builds every room from the configuration, starts them in order and stops them in the
// opposite one.
//
// Threads: run() is the event loop. Order of members is order of life: what is declared later uses what is
//   declared earlier.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "admin/health.hpp"
#include "admin/loop_lag.hpp"
#include "admin/metrics.hpp"
#include "admin/openapi.hpp"
#include "admin/readiness.hpp"
#include "admin/scraper.hpp"
#include "app/notifications.hpp"
#include "app/sockets.hpp"
#include "business/users/users.hpp"
#include "config/load.hpp"
#include "db/database.hpp"
#include "http/gate.hpp"
#include "http/idempotency.hpp"
#include "http/router.hpp"
#include "http/tickets.hpp"
#include "net/server.hpp"
#include "web/pages.hpp"

namespace carillon::app {

namespace asio = boost::asio;

// Reads the configuration again, for SIGHUP.
using Reload = std::function<Result<config::Loaded>()>;

class Application {
public:
    // All that is read from files for the configuration, so that a fault in one is told before anything runs.
    struct Materials {
        net::ServerSettings server;
        std::shared_ptr<const http::JwtVerifier> verifier;
        std::shared_ptr<const net::TlsContext> tls;
        NotificationMaterials notifications;
    };
    static Result<Materials> gather(const config::Config& config);

    Application(config::Config config, Materials materials, Reload reload);

    // Serves until it is told to stop; the exit code.
    int run();

private:
    void add_routes();
    asio::awaitable<void> start();
    // Waits for the database as long as it takes; false when the schema cannot be used.
    asio::awaitable<bool> prepare_schema();
    asio::awaitable<Result<bool>> bring_up_schema();
    asio::awaitable<void> trim_keys();
    asio::awaitable<void> pause(std::chrono::milliseconds time);
    asio::awaitable<void> watch_signals();
    asio::awaitable<void> stop(int exit_code);
    void end_at_the_latest_in(std::chrono::milliseconds time);
    void reload();
    void hold(std::string reason);

    config::Config config_;
    Reload reload_;
    asio::io_context io_{1};
    asio::thread_pool helper_{1};  // for what blocks once in a while: migrations
    db::Database database_;
    admin::Readiness readiness_;
    admin::Metrics metrics_;
    business::Users users_;
    Notifications notifications_;
    http::Tickets tickets_;
    Sockets sockets_;
    http::Gate gate_;
    http::IdempotencyKeys keys_;
    http::Router router_;
    net::Server server_;
    admin::Health health_;
    admin::Scraper scraper_;
    std::unique_ptr<admin::OpenApi> openapi_;
    web::Pages pages_;
    admin::LoopLag lag_;
    asio::signal_set signals_{io_};
    asio::steady_timer pause_timer_{io_};  // of the one task that waits: first for the schema, then to trim
    asio::steady_timer deadline_timer_{io_};
    bool stopping_ = false;
    int exit_code_ = 0;
};

}  // namespace carillon::app
