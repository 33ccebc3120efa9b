#include "app/application.hpp"

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <carillon/log.hpp>
#include <csignal>
#include <utility>

#include "admin/openapi_check.hpp"
#include "admin/routes.hpp"
#include "app/settings.hpp"
#include "db/migrations.hpp"

namespace carillon::app {
namespace {

constexpr std::string_view server_version = CARILLON_VERSION;
constexpr std::chrono::seconds database_retry{1};
constexpr std::chrono::minutes trim_every{10};
// Connections that wait for a next request get this long to send it after we were told to stop.
constexpr std::chrono::milliseconds drain_grace{500};
// Of the time to stop, what is kept for the database: to finish, and to notice that it will not.
constexpr std::chrono::seconds kept_for_database{4};
constexpr std::chrono::seconds database_finishes{2};
constexpr std::chrono::milliseconds stop_margin{300};

void end_on_surprise(std::exception_ptr surprise) {
    // A background task that dies would leave a server that looks alive: better to be restarted.
    if (surprise) std::rethrow_exception(surprise);
}

admin::DatabaseNumbers numbers_of(const db::State& state) {
    admin::DatabaseNumbers numbers;
    numbers.up = state.up;
    numbers.connections = state.connections;
    numbers.busy = state.busy;
    numbers.waiting = state.waiting;
    numbers.jobs = state.jobs;
    numbers.retries = state.retries;
    numbers.reconnects = state.reconnects;
    return numbers;
}

admin::ConnectionNumbers numbers_of(const net::ServerNumbers& server) {
    admin::ConnectionNumbers numbers;
    numbers.open.push_back({"http", server.connections});
    numbers.open.push_back({"websocket", server.sockets.open});
    numbers.refused.push_back({"total_limit", server.refused_total});
    numbers.refused.push_back({"address_limit", server.refused_address});
    return numbers;
}

}  // namespace

Result<Application::Materials> Application::gather(const config::Config& config) {
    auto server = server_settings(config);
    if (server.has_error()) return server.error();
    auto verifier = token_verifier(config);
    if (verifier.has_error()) return verifier.error();
    auto tls = tls_context(config);
    if (tls.has_error()) return tls.error();
    auto notifications = notification_materials(config);
    if (notifications.has_error()) return notifications.error();
    return Materials{std::move(*server), std::move(*verifier), std::move(*tls), std::move(*notifications)};
}

Application::Application(config::Config config, Materials materials, Reload reload)
    : config_{std::move(config)},
      reload_{std::move(reload)},
      database_{database_settings(config_)},
      metrics_{server_version},
      users_{database_, system_now},
      notifications_{{io_.get_executor(), database_, users_.directory(), system_now, node_name(config_),
                      [this](const std::vector<notify::FeedItem>& items) { sockets_.tell(items); },
                      [this] { sockets_.distrust(); }},
                     config_,
                     std::move(materials.notifications)},
      tickets_{database_},
      sockets_{
          {io_.get_executor(), users_, notifications_.feed(), notifications_.replay(), tickets_, system_now},
          hub_settings(config_)},
      gate_{std::move(materials.verifier), users_.directory(),
            config_.auth.mode == config::AuthMode::development, system_now, &tickets_},
      keys_{database_, {}},
      router_{router_settings(config_), gate_, &keys_, system_now,
              [this](std::string_view route, Method method, int status, std::chrono::nanoseconds took) {
                  metrics_.observe(route, method, status, took);
              }},
      server_{io_, std::move(materials.server), router_, std::move(materials.tls)},
      health_{{.version = std::string{server_version}, .node = node_name(config_)},
              readiness_,
              [this] { return numbers_of(database_.state()); }},
      scraper_{metrics_,
               {.database = [this] { return numbers_of(database_.state()); },
                .connections = [this] { return numbers_of(server_.numbers()); },
                .deliveries = [this] { return notifications_.metrics(); },
                .sockets = [this] { return sockets_.metrics(server_.numbers().sockets); }},
               system_now()},
      lag_{io_.get_executor(), {}, [this](std::chrono::nanoseconds late) { metrics_.observe_lag(late); }} {
    add_routes();
}

void Application::add_routes() {
    const auto document = admin::merge_documents(embedded::openapi(), server_version);
    openapi_ = std::make_unique<admin::OpenApi>(document);
    router_.add(admin::admin_routes(health_, scraper_, *openapi_));
    router_.add(users_.routes());
    router_.add(notifications_.routes());
    router_.add(sockets_.routes());
    router_.add(pages_.routes());
    users_.on_erase(notify::erase_traces);
    users_.on_erase(http::erase_tickets);
    for (const auto& difference : admin::differences(document, router_.routes()))
        log::error("openapi_difference", {{"what", difference}});
}

int Application::run() {
    std::signal(SIGPIPE, SIG_IGN);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
    hold("The server is starting.");
    const auto bound = server_.listen();
    if (bound.has_error()) {
        log::error("listen_failed", {{"reason", bound.error().detail}});
        return 1;
    }
    for (const auto& address : *bound) log::info("server_listening", {{"address", address}});
    if (config_.auth.mode == config::AuthMode::development)
        log::warn("development_mode", {{"meaning", "calls without a token act as the user in the path"}});
    database_.start();
    lag_.start();
    asio::co_spawn(io_, watch_signals(), end_on_surprise);
    asio::co_spawn(io_, start(), end_on_surprise);
    io_.run();
    helper_.join();
    log::info("server_stopped", {{"exit_code", exit_code_}});
    return exit_code_;
}

asio::awaitable<void> Application::start() {
    const bool usable = co_await prepare_schema();
    if (stopping_) co_return;
    if (!usable) {
        co_await stop(1);
        co_return;
    }
    try {
        co_await users_.prepare();
        co_await notifications_.prepare();
    } catch (const std::exception& surprise) {
        log::warn("prepare_failed", {{"reason", surprise.what()}});
    }
    if (stopping_) co_return;
    notifications_.start();
    sockets_.start();
    readiness_.enter(admin::Phase::serving);
    router_.release();
    log::info("server_ready", {{"version", server_version}, {"node", node_name(config_)}});
    asio::co_spawn(io_, trim_keys(), end_on_surprise);
}

asio::awaitable<bool> Application::prepare_schema() {
    readiness_.enter(admin::Phase::migrating);
    hold("The database is being prepared.");
    std::string said;
    while (!stopping_) {
        std::string away;
        try {
            const auto ready = co_await bring_up_schema();
            if (ready.has_error()) {
                log::error("migration_failed",
                           {{"code", ready.error().code}, {"reason", ready.error().detail}});
                co_return false;
            }
            if (*ready) co_return true;
            away = "migrations are pending, and database.migrate_on_start is off";
            hold("The database has yet to be migrated.");
        } catch (const Unavailable& surprise) {
            away = surprise.what();
            hold("The database is away.");
        } catch (const std::exception& surprise) {
            log::error("migration_failed", {{"reason", surprise.what()}});
            co_return false;
        }
        if (away != said) log::warn("waiting_for_database", {{"reason", away}});
        said = away;
        co_await pause(database_retry);
    }
    co_return false;
}

// True when the schema is the one this binary was made for; false when somebody else has yet to migrate it.
asio::awaitable<Result<bool>> Application::bring_up_schema() {
    auto elsewhere = [this]() -> asio::awaitable<Result<bool>> {
        const auto& url = config_.database.url.reveal();
        const auto known = db::known_migrations();
        if (!config_.database.migrate_on_start) {
            // Only what would be done: a newer or an edited schema is refused here as well.
            const auto pending = db::pending_sql(url, known, std::nullopt);
            if (pending.has_error()) co_return pending.error();
            co_return pending->empty();
        }
        db::MigrateOptions options;
        options.on_step = [](const db::MigrationStep& step) {
            log::info("migrated",
                      {{"version", step.version}, {"name", step.name}, {"took_ms", step.took.count()}});
        };
        const auto steps = db::migrate(url, known, options);
        if (steps.has_error()) co_return steps.error();
        co_return true;
    };
    co_return co_await asio::co_spawn(helper_, elsewhere, asio::use_awaitable);
}

asio::awaitable<void> Application::trim_keys() {
    while (!stopping_) {
        std::size_t trimmed = 0;
        try {
            trimmed = co_await keys_.trim();
            trimmed += co_await tickets_.trim();
        } catch (const std::exception& surprise) {
            log::warn("trim_failed", {{"what", "idempotency_keys"}, {"reason", surprise.what()}});
        }
        if (trimmed > 0) continue;
        co_await pause(trim_every);
    }
}

asio::awaitable<void> Application::pause(std::chrono::milliseconds time) {
    // Whoever was told to stop while it worked must not sit down to wait: nobody would wake it.
    if (stopping_) co_return;
    pause_timer_.expires_after(time);
    co_await pause_timer_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<void> Application::watch_signals() {
    for (;;) {
        const auto [error, number] = co_await signals_.async_wait(asio::as_tuple(asio::use_awaitable));
        if (error) co_return;
        if (number == SIGHUP) {
            reload();
        } else if (stopping_) {
            // Asked twice: at once. What was accepted is in the database; nothing is lost by this.
            log::warn("server_killed", {});
            log::stop();
            ::_exit(1);
        } else {
            log::info("server_stopping", {{"signal", number}});
            asio::co_spawn(io_, stop(0), end_on_surprise);
        }
    }
}

asio::awaitable<void> Application::stop(int exit_code) {
    stopping_ = true;
    exit_code_ = exit_code;
    readiness_.enter(admin::Phase::stopping);
    // watch_signals() goes back to its wait first: with nobody connected the rest runs through without a
    // pause, and the cancel at its end would come before the wait that it is to end.
    co_await asio::post(io_, asio::use_awaitable);
    pause_timer_.cancel();
    const std::chrono::milliseconds all = config_.server.shutdown_seconds;
    end_at_the_latest_in(all);
    const auto for_sessions = std::max<std::chrono::milliseconds>(drain_grace, all - kept_for_database);
    const auto deliveries_end = std::chrono::steady_clock::now() + for_sessions;
    co_await server_.stop(drain_grace, for_sessions);
    co_await notifications_.stop(deliveries_end);
    sockets_.stop();
    lag_.stop();
    // Elsewhere, because it blocks: a second signal must be heard meanwhile.
    auto finish = [this]() -> asio::awaitable<void> {
        database_.stop(database_finishes);
        co_return;
    };
    co_await asio::co_spawn(helper_, finish, asio::use_awaitable);
    signals_.cancel();
    deadline_timer_.cancel();
}

// A database that neither answers nor hangs up (a migration that waits for a lock, a frozen machine) must not
// keep us beyond the time we promised. By then every session has been answered or cut off, and whatever the
// database had not committed was never acknowledged.
void Application::end_at_the_latest_in(std::chrono::milliseconds time) {
    deadline_timer_.expires_after(time - stop_margin);
    deadline_timer_.async_wait([this](const boost::system::error_code& cancelled) {
        if (cancelled) return;
        log::warn("server_stopped_waiting", {{"for", "the database"}});
        log::stop();
        ::_exit(exit_code_);
    });
}

void Application::reload() {
    auto loaded = reload_();
    if (loaded.has_error()) {
        for (const auto& line : config::lines_of(loaded.error()))
            log::error("reload_failed", {{"reason", line}});
        return;
    }
    // Old and new never mix: everything is read before anything is replaced.
    auto tls = tls_context(loaded->config);
    auto verifier = token_verifier(loaded->config);
    auto policy = load_policy(loaded->config);
    if (tls.has_error()) return log::error("reload_failed", {{"reason", tls.error().detail}});
    if (policy.has_error()) {
        for (const auto& line : config::lines_of(policy.error()))
            log::error("reload_failed", {{"reason", line}});
        return;
    }
    if (verifier.has_error()) return log::error("reload_failed", {{"reason", verifier.error().detail}});
    if (*tls) server_.replace_tls(std::move(*tls));
    gate_.replace(std::move(*verifier));
    notifications_.use(std::move(*policy));
    // Said at whichever level lets it through, the old one or the new one.
    const bool said = log::enabled(log::Level::info);
    if (said) log::info("reloaded", {{"what", "log level, certificates, token keys, routing policy"}});
    log::set_level(loaded->config.log.level);
    if (!said) log::info("reloaded", {{"what", "log level, certificates, token keys, routing policy"}});
}

void Application::hold(std::string reason) {
    Error error{Failure::unavailable, "not_ready", std::move(reason)};
    error.retry_after_seconds = 1;
    router_.hold(std::move(error));
}

}  // namespace carillon::app
