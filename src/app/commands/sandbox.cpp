#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <carillon/log.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>

#include "app/commands/commands.hpp"
#include "config/endpoint.hpp"
#include "net/server.hpp"
#include "outbound/client.hpp"
#include "sandbox/sandbox.hpp"

namespace carillon::app {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds drain_grace{200};
constexpr std::chrono::seconds drain_deadline{3};

// Its routes name no user.
class Nobody final : public http::UserDirectory {
public:
    asio::awaitable<std::optional<UserId>> find(std::string_view) override { co_return std::nullopt; }
};

struct Plan {
    config::Endpoint listen;
    http::RouterSettings router;
    sandbox::Behaviour behaviour;
};

Error mistaken(const char* option, std::string why) {
    return {Failure::invalid, std::string{option} + ": " + std::move(why)};
}

// What the command line says; the log is as the configuration has it.
Result<Plan> plan_of(const SandboxArguments& arguments) {
    const auto listen = config::parse_endpoint(arguments.listen);
    if (!listen) return mistaken("--listen", "must be an address and a port, as 127.0.0.1:8001");
    // It believes whoever asks, and posts where it is told to.
    if (!config::is_loopback(*listen))
        return mistaken("--listen", "the sandbox lets in everybody, so it listens on loopback only");
    if (arguments.account.empty()) return mistaken("--account", "must name a file");

    Plan plan;
    plan.listen = *listen;
    if (plan.listen.host == "localhost") plan.listen.host = "127.0.0.1";
    plan.router.rate.per_second = 0;
    plan.router.allowed_origins = arguments.origins;
    const Json webhook{{"receipts", {{"url", arguments.webhook}, {"key", arguments.webhook_key}}}};
    auto behaviour = sandbox::changed({}, webhook);
    if (!behaviour) return mistaken("--webhook", behaviour.error().fields.front().message);
    plan.behaviour = std::move(*behaviour);
    return plan;
}

// A key that only its owner reads, and that is there whole or not at all.
std::optional<Error> write_account(const std::string& path, const std::string& text) {
    const auto fresh = path + ".new";
    ::unlink(fresh.c_str());
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool written = file >= 0 && ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    if (file >= 0) written = ::close(file) == 0 && written;
    if (written && std::rename(fresh.c_str(), path.c_str()) == 0) return std::nullopt;
    const std::string reason = std::strerror(errno);
    ::unlink(fresh.c_str());
    return mistaken("--account", "cannot write " + path + ": " + reason);
}

// The account in the file; made when there is none, and moved when it was made for another address.
Result<sandbox::Account> account_in(const Shell& shell, const std::string& path, const std::string& url) {
    const auto token_uri = url + "/token";
    auto text = shell.sources.read_file(path);
    if (!text && text.error().failure != Failure::not_found)
        return mistaken("--account", "cannot read " + path + ": " + text.error().detail);
    if (!text) {
        text = sandbox::make_account(token_uri);
        if (auto failed = write_account(path, *text)) return std::move(*failed);
    }
    auto account = sandbox::parse_account(*text);
    if (!account) return mistaken("--account", path + ": " + account.error().detail);
    if (account->token_uri == token_uri) return account;
    if (const auto moved = sandbox::moved_account(*text, token_uri); !moved.empty()) {
        if (auto failed = write_account(path, moved)) return std::move(*failed);
        return sandbox::parse_account(moved);
    }
    log::warn("sandbox_account_elsewhere", {{"token_uri", account->token_uri}});
    return account;
}

class SandboxServer {
public:
    explicit SandboxServer(Plan plan)
        : plan_{std::move(plan)},
          sandbox_{io_.get_executor(), system_now, plan_.behaviour, sandbox::posting_with(client_)},
          gate_{nullptr, nobody_, false, system_now},
          router_{plan_.router, gate_, nullptr, system_now, nullptr},
          server_{io_, settings_of(plan_), router_, nullptr} {
        router_.add(sandbox_.routes());
    }

    int run(Shell& shell, const SandboxArguments& arguments) {
        std::signal(SIGPIPE, SIG_IGN);
        const auto bound = server_.listen();
        if (!bound) return shell.fail(bound.error());
        const auto& address = bound->front();
        const auto url = "http://" + address;
        auto account = account_in(shell, arguments.account, url);
        if (!account) return shell.fail(account.error());
        const auto project = account->project_id;
        sandbox_.open(std::move(*account), url);
        log::info("sandbox_listening", {{"address", address}, {"project", project}});
        // Whoever started it may be waiting for the line.
        if (shell.json) {
            shell.print({{"url", url}, {"account", arguments.account}, {"project_id", project}});
            shell.out.flush();
        }
        asio::co_spawn(io_, stop_when_told(), [](std::exception_ptr surprise) {
            if (surprise) std::rethrow_exception(surprise);
        });
        io_.run();
        log::info("sandbox_stopped", {});
        return exit_ok;
    }

private:
    static net::ServerSettings settings_of(const Plan& plan) {
        net::ServerSettings settings;
        settings.listen = {{plan.listen.host, plan.listen.port, false}};
        return settings;
    }

    asio::awaitable<void> stop_when_told() {
        asio::signal_set signals{io_, SIGTERM, SIGINT};
        co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
        sandbox_.stop();
        client_.stop();
        co_await server_.stop(drain_grace, drain_deadline);
    }

    Plan plan_;
    asio::io_context io_{1};
    outbound::Client client_{outbound::ClientSettings{}};
    sandbox::Sandbox sandbox_;
    Nobody nobody_;
    http::Gate gate_;
    http::Router router_;
    net::Server server_;
};

}  // namespace

int run_sandbox(Shell& shell, const SandboxArguments& arguments) {
    auto plan = plan_of(arguments);
    if (!plan) return shell.fail(plan.error(), exit_usage);
    const auto loaded = shell.load(config::Scope::values);
    if (!loaded) return shell.fail(loaded.error());
    const auto& settings = loaded->config.log;
    plan->router.log_requests = settings.requests;
    log::start(settings.level, shell.json ? log::Format::json : settings.format);
    int exit_code = exit_failed;
    try {
        SandboxServer server{std::move(*plan)};
        exit_code = server.run(shell, arguments);
    } catch (const std::exception& surprise) {
        log::error("sandbox_failed", {{"what", surprise.what()}});
    }
    log::stop();
    return exit_code;
}

}  // namespace carillon::app
