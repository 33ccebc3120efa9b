#include "support/unit_scripted_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace carillon::test {
namespace {

int listen_on_loopback(std::uint16_t& port) {
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener, generic, size) != 0 || listen(listener, 128) != 0 ||
        getsockname(listener, generic, &size) != 0)
        throw std::runtime_error{"no loopback port"};
    port = ntohs(address.sin_port);
    return listener;
}

std::string url_of(std::uint16_t port, std::string_view path) {
    return "http://127.0.0.1:" + std::to_string(port) + std::string{path};
}

// False at the end of the connection.
bool read_more(int socket, std::string& unread) {
    char buffer[65'536];
    const auto size = recv(socket, buffer, sizeof buffer, 0);
    if (size <= 0) return false;
    unread.append(buffer, static_cast<std::size_t>(size));
    return true;
}

}  // namespace

std::string ScriptedServer::Request::header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string{name} + ": ");
    if (at == head.npos) return {};
    const auto value = at + name.size() + 4;
    return head.substr(value, head.find("\r\n", value) - value);
}

bool ScriptedServer::Peer::read() {
    auto end = unread_.npos;
    while ((end = unread_.find("\r\n\r\n")) == unread_.npos) {
        if (!read_more(socket_, unread_)) return false;
    }
    request_.head = unread_.substr(0, end + 4);
    const auto length = request_.header("Content-Length");
    const auto size = request_.head.size() + (length.empty() ? 0 : std::stoul(length));
    while (unread_.size() < size) {
        if (!read_more(socket_, unread_)) return false;
    }
    request_.body = unread_.substr(request_.head.size(), size - request_.head.size());
    unread_.erase(0, size);
    const std::lock_guard lock{server_.mutex_};
    server_.requests_.push_back(request_);
    return true;
}

void ScriptedServer::Peer::say(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void ScriptedServer::Peer::wait_for_bytes() const {
    pollfd readable{socket_, POLLIN, 0};
    poll(&readable, 1, -1);
}

void ScriptedServer::Peer::wait_for_end() const {
    for (std::string ignored; read_more(socket_, ignored);) ignored.clear();
}

void ScriptedServer::Peer::reset() const {
    // Without time to linger, closing resets.
    const linger none{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

ScriptedServer::ScriptedServer(Script script)
    : script_{std::move(script)}, listener_{listen_on_loopback(port_)}, acceptor_{[this] { accept_all(); }} {}

ScriptedServer::~ScriptedServer() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
        for (const auto& connection : open_) {
            if (connection.open) shutdown(connection.socket, SHUT_RDWR);
        }
    }
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& connection : open_) connection.thread.join();
    close(listener_);
}

std::string ScriptedServer::url(std::string_view path) const {
    return url_of(port_, path);
}

std::vector<ScriptedServer::Request> ScriptedServer::requests() {
    const std::lock_guard lock{mutex_};
    return requests_;
}

std::size_t ScriptedServer::request_count() {
    const std::lock_guard lock{mutex_};
    return requests_.size();
}

void ScriptedServer::accept_all() {
    for (;;) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) return;
        const int at_once = 1;
        setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        const std::lock_guard lock{mutex_};
        if (stopping_) {
            close(socket);
            return;
        }
        const int number = ++connections_;
        auto& connection = open_.emplace_back();
        connection.socket = socket;
        connection.thread = std::thread{[this, &connection, number] { serve(connection, number); }};
    }
}

void ScriptedServer::serve(Connection& connection, int number) {
    Peer peer{*this, connection.socket, number};
    script_(peer);
    const std::lock_guard lock{mutex_};
    connection.open = false;
    close(connection.socket);
    ++closed_;
}

std::string http_answer(std::string_view status, std::string_view body, std::string_view more_headers) {
    std::string answer{"HTTP/1.1 "};
    answer.append(status).append("\r\n").append(more_headers);
    answer.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
    return answer.append(body);
}

ScriptedServer::Script always(std::string answer) {
    return [answer = std::move(answer)](ScriptedServer::Peer& peer) {
        while (peer.read()) peer.say(answer);
    };
}

std::string refusing_url() {
    std::uint16_t port = 0;
    close(listen_on_loopback(port));
    return url_of(port, "/");
}

}  // namespace carillon::test
