#include "support/unit_http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <stdexcept>

#include "support/loop.hpp"

namespace carillon::test {
namespace {

using http::Access;
using http::Takes;
using namespace std::chrono_literals;

net::ServerSettings on_loopback(net::ServerSettings settings, bool tls) {
    settings.listen = {{"127.0.0.1", 0, tls}};
    return settings;
}

void rethrow(std::exception_ptr surprise) {
    if (surprise) std::rethrow_exception(surprise);
}

asio::awaitable<Result<Response>> hello(Request&) {
    const Json answer{{"hello", "world"}};
    co_return json_response(200, answer);
}

asio::awaitable<Result<Response>> number(Request& request) {
    const Json answer{{"n", request.parameter("n")}};
    co_return json_response(200, answer);
}

asio::awaitable<Result<Response>> who(Request& request) {
    const Json answer{{"peer", request.peer}, {"secure", request.secure}};
    co_return json_response(200, answer);
}

asio::awaitable<Result<Response>> large(Request&) {
    Response response;
    response.body = large_body();
    co_return response;
}

asio::awaitable<Result<Response>> abandon(Request&) {
    Response response;
    response.abort = true;
    co_return response;
}

asio::awaitable<Result<Response>> echo(Request& request) {
    const Json answer{{"got", *request.json}};
    co_return json_response(200, answer);
}

asio::awaitable<Result<Response>> stream(Request& request) {
    std::size_t pieces = 0;
    std::string bytes;
    for (;;) {
        const auto piece = co_await request.stream->next();
        if (piece.empty()) break;
        ++pieces;
        bytes += piece;
    }
    const Json answer{{"pieces", pieces}, {"bytes", bytes.size()}};
    co_return json_response(200, answer);
}

asio::awaitable<Result<Response>> careless(Request&) {
    co_return no_content();
}

}  // namespace

net::ServerSettings patient() {
    net::ServerSettings settings;
    settings.header_time = settings.body_time = settings.idle_time = settings.write_time = 1h;
    return settings;
}

const std::string& large_body() {
    // More than the kernel's buffers hold: an answer that nobody reads gets stuck.
    static const auto body = [] {
        std::string text;
        while (text.size() < 12 << 20) text += std::to_string(text.size()) + ",";
        return text;
    }();
    return body;
}

TestServer::TestServer(net::ServerSettings settings, std::shared_ptr<const net::TlsContext> tls)
    : server_{io_, on_loopback(std::move(settings), tls != nullptr), bench_.router, tls},
      held_{io_, std::chrono::steady_clock::time_point::max()} {
    // As the real program does: OpenSSL writes to sockets that are gone.
    std::signal(SIGPIPE, SIG_IGN);
    add_routes();
    const auto bound = server_.listen().value();
    port_ = static_cast<std::uint16_t>(std::stoi(bound.front().substr(bound.front().rfind(':') + 1)));
    thread_ = std::thread{[this] {
        io_.run();
        loop_ended_ = true;
    }};
}

TestServer::~TestServer() {
    let_go();
    if (!stopping_) begin_stop(0ms, 0ms);
    // A loop that does not end is a failed test, which the rest must not hang on.
    if (!ended()) io_.stop();
    thread_.join();
}

void TestServer::add_routes() {
    const auto add = [this](Method method, std::string path, Takes takes, http::Handler run) {
        bench_.add({method, std::move(path), Access::open, takes, std::move(run)});
    };
    add(Method::get, "/hello", Takes::nothing, hello);
    add(Method::get, "/number/{n}", Takes::nothing, number);
    add(Method::get, "/who", Takes::nothing, who);
    add(Method::get, "/large", Takes::nothing, large);
    add(Method::get, "/abandoned", Takes::nothing, abandon);
    add(Method::get, "/held", Takes::nothing, [this](Request& request) { return hold(request); });
    add(Method::post, "/echo", Takes::json, echo);
    add(Method::post, "/stream", Takes::stream, stream);
    add(Method::post, "/careless", Takes::stream, careless);
    bench_.add_plain(Method::get, "/private", Access::admin);
    bench_.add_plain(Method::post, "/private", Access::admin);
}

asio::awaitable<Result<Response>> TestServer::hold(Request&) {
    ++holding_;
    co_await held_.async_wait(asio::as_tuple(asio::use_awaitable));
    --holding_;
    const Json answer{{"held", true}};
    co_return json_response(200, answer);
}

bool TestServer::holds(int requests) {
    return eventually([&] { return holding_ == requests; });
}

void TestServer::let_go() {
    asio::post(io_, [this] { held_.cancel(); });
}

net::ServerNumbers TestServer::numbers() {
    return on_loop([this] { return server_.numbers(); });
}

int TestServer::ticks_until(const std::function<bool()>& happened) {
    int ticks = 0;
    const bool came = eventually([&] {
        if (happened()) return true;
        ++ticks;
        on_loop([this] { server_.wheel().advance(); });
        return false;
    });
    return came ? std::max(ticks, 1) : 0;
}

void TestServer::replace_tls(std::shared_ptr<const net::TlsContext> tls) {
    on_loop([&] { server_.replace_tls(std::move(tls)); });
}

void TestServer::begin_stop(std::chrono::milliseconds grace, std::chrono::milliseconds deadline) {
    stopping_ = true;
    const auto begun = std::make_shared<std::promise<void>>();
    asio::post(io_, [this, grace, deadline, begun] {
        asio::co_spawn(io_, server_.stop(grace, deadline), rethrow);
        // Stopping begins in the turn after this one, which may be the loop's last.
        asio::post(io_, [begun] { begun->set_value(); });
    });
    begun->get_future().get();
}

bool TestServer::ended() {
    return eventually([this] { return loop_ended_.load(); });
}

}  // namespace carillon::test
