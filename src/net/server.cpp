#include "net/server.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <carillon/id.hpp>
#include <carillon/log.hpp>
#include <exception>
#include <stdexcept>
#include <utility>

#include "net/http_session.hpp"
#include "net/response_writer.hpp"

namespace carillon::net {
namespace {

using asio::ip::tcp;

constexpr int backlog = 4096;
constexpr std::chrono::milliseconds out_of_files_pause{100};
// When everybody comes at once, after a restart or a storm in the network, those who are here already must
// not wait until the last has come in: after so many others have their turn. The rest waits in the kernel.
constexpr unsigned accepted_in_a_row = 32;
constexpr std::chrono::milliseconds breath{2};

// The answer to a connection of which nothing has been read: a whole problem, under an id of its own.
std::string too_many_connections(Failure failure, std::string detail) {
    Error error{failure, "too_many_connections", std::move(detail)};
    error.retry_after_seconds = 1;
    auto id = make_id("");
    auto response = problem(error, id);
    response.with("X-Request-Id", std::move(id));
    const Request unread{};
    std::string answer;
    append_response(answer, unread, response, Persistence::close);
    return answer;
}

std::string text_of(const tcp::endpoint& endpoint) {
    const auto address = endpoint.address();
    const auto host = address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return host + ":" + std::to_string(endpoint.port());
}

// "::ffff:10.0.0.1" and "10.0.0.1" are one client.
std::string address_text(const asio::ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

bool out_of_files(const boost::system::error_code& error) {
    using boost::system::errc::errc_t;
    return error == errc_t::too_many_files_open || error == errc_t::too_many_files_open_in_system ||
           error == errc_t::no_buffer_space || error == errc_t::not_enough_memory;
}

Proxies parsed(const std::vector<std::string>& texts) {
    auto proxies = Proxies::parse(texts);
    if (proxies.has_error()) throw std::invalid_argument{"http.trusted_proxies: " + proxies.error().detail};
    return std::move(*proxies);
}

}  // namespace

struct Server::Listener {
    tcp::acceptor acceptor;
    asio::steady_timer pause;
    bool tls;
};

Server::Server(asio::io_context& io, ServerSettings settings, http::Router& router,
               std::shared_ptr<const TlsContext> tls)
    : io_{io},
      settings_{std::move(settings)},
      router_{router},
      tls_{std::move(tls)},
      proxies_{parsed(settings_.trusted_proxies)},
      wheel_{io},
      sockets_{io, wheel_, settings_.sockets, [this](const std::string& key) { left(key); }} {}

Server::~Server() = default;

Result<std::vector<std::string>> Server::listen() {
    std::vector<std::string> bound;
    for (const auto& address : settings_.listen) {
        auto listener =
            std::make_unique<Listener>(Listener{tcp::acceptor{io_}, asio::steady_timer{io_}, address.tls});
        auto& acceptor = listener->acceptor;
        try {
            const tcp::endpoint endpoint{asio::ip::make_address(address.host), address.port};
            acceptor.open(endpoint.protocol());
            acceptor.set_option(tcp::acceptor::reuse_address{true});
            const int on = 1;
            if (settings_.reuse_port)
                ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
            // Each family by its own address: "::" does not quietly take IPv4 as well.
            if (endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only{true});
            acceptor.bind(endpoint);
            acceptor.listen(backlog);
        } catch (const boost::system::system_error& error) {
            return Error{Failure::invalid, "cannot listen on " + address.host + ":" +
                                               std::to_string(address.port) + ": " + error.code().message()};
        }
        bound.push_back(text_of(acceptor.local_endpoint()));
        listeners_.push_back(std::move(listener));
    }
    const auto surprise = [](std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    };
    for (auto& listener : listeners_) asio::co_spawn(io_, accept(*listener), surprise);
    asio::co_spawn(io_, wheel_.run(), surprise);
    return bound;
}

asio::awaitable<void> Server::accept(Listener& listener) {
    for (unsigned in_a_row = 0; listener.acceptor.is_open();) {
        auto [error, socket] = co_await listener.acceptor.async_accept(asio::as_tuple(asio::use_awaitable));
        if (!error) {
            admit(std::move(socket), listener.tls);
            if (++in_a_row % accepted_in_a_row != 0) continue;
            listener.pause.expires_after(breath);
            co_await listener.pause.async_wait(asio::as_tuple(asio::use_awaitable));
        } else if (out_of_files(error)) {
            log::error("accept_failed", {{"reason", error.message()}});
            listener.pause.expires_after(out_of_files_pause);
            co_await listener.pause.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

void Server::admit(tcp::socket socket, bool tls) {
    boost::system::error_code error;
    const auto peer = socket.remote_endpoint(error);
    if (error) return;
    ++numbers_.accepted;
    auto address = address_text(peer.address());
    const auto turn_away = [&](Failure failure, const char* detail, std::uint64_t& counter) {
        ++counter;
        if (tls) return;
        const auto answer = too_many_connections(failure, detail);
        socket.send(asio::buffer(answer), 0, error);
    };
    if (sessions_.size() + sockets_.size() >= settings_.connections)
        return turn_away(Failure::unavailable, "Too many connections.", numbers_.refused_total);
    auto& from_here = per_address_[http::address_key(address)];
    if (from_here >= settings_.connections_per_address && !proxies_.trusted(address))
        return turn_away(Failure::rate_limited, "Too many connections from this address.",
                         numbers_.refused_address);
    ++from_here;
    asio::co_spawn(io_, serve(std::move(socket), tls, std::move(address)), [](std::exception_ptr surprise) {
        if (surprise) std::rethrow_exception(surprise);
    });
}

asio::awaitable<void> Server::serve(tcp::socket socket, bool tls, std::string address) {
    const auto key = http::address_key(address);
    HttpSession* served = nullptr;
    try {
        HttpSession session{*this, std::move(socket), tls ? tls_ : nullptr, std::move(address)};
        served = &session;
        sessions_.insert(served);
        co_await session.run();
    } catch (const std::exception& surprise) {
        log::error("session_failed", {{"what", surprise.what()}});
    }
    sessions_.erase(served);
    left(key);
}

void Server::left(const std::string& address_key) {
    if (--per_address_[address_key] == 0) per_address_.erase(address_key);
}

void Server::adopt(Stream stream, std::shared_ptr<Speaker> speaker, std::string peer,
                   const std::string& address, std::string received) {
    auto key = http::address_key(address);
    ++per_address_[key];
    sockets_.adopt(std::move(stream), std::move(speaker), std::move(peer), std::move(key),
                   std::move(received));
}

asio::awaitable<void> Server::stop(std::chrono::milliseconds grace, std::chrono::milliseconds deadline) {
    const auto now = std::chrono::steady_clock::now();
    draining_ = true;
    for (auto& listener : listeners_) {
        // Whoever has connected already, though nobody has looked yet, is answered as well.
        boost::system::error_code error;
        listener->acceptor.non_blocking(true, error);
        for (;;) {
            tcp::socket socket{io_};
            listener->acceptor.accept(socket, error);
            if (error) break;
            admit(std::move(socket), listener->tls);
        }
        listener->acceptor.close(error);
        listener->pause.cancel();
    }
    sockets_.going_away();
    co_await until_empty(now + grace);
    close_idle();
    co_await until_empty(now + deadline);
    for (auto* session : sessions_) session->abort();
    sockets_.abort();
    co_await until_empty(now + deadline + grace);
    wheel_.stop();
}

void Server::close_idle() {
    for (auto* session : sessions_) session->end_if_idle();
}

asio::awaitable<void> Server::until_empty(std::chrono::steady_clock::time_point limit) {
    asio::steady_timer timer{io_};
    while ((!sessions_.empty() || !sockets_.empty()) && std::chrono::steady_clock::now() < limit) {
        timer.expires_after(std::chrono::milliseconds{10});
        co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

ServerNumbers Server::numbers() const {
    auto numbers = numbers_;
    numbers.connections = sessions_.size();
    numbers.sockets = sockets_.numbers();
    return numbers;
}

}  // namespace carillon::net
