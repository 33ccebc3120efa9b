#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "support/http_client.hpp"

namespace carillon::test {
namespace {

constexpr timeval patience{20, 0};

[[noreturn]] void fail(const std::string& what) {
    throw std::runtime_error{what + ": " + std::strerror(errno)};
}

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
}

// "h2" and "http/1.1" as they stand in a hello: each with its length before it.
std::string on_the_wire(const std::vector<std::string>& protocols) {
    std::string text;
    for (const auto& protocol : protocols) text += static_cast<char>(protocol.size()) + protocol;
    return text;
}

Reply parse_head(std::string_view head) {
    Reply reply;
    reply.head = head;
    if (!head.starts_with("HTTP/1.1 ")) throw std::runtime_error{"not an answer: " + reply.head};
    reply.status = std::stoi(std::string{head.substr(9, 3)});
    for (auto start = head.find("\r\n") + 2; start < head.size();) {
        const auto end = head.find("\r\n", start);
        const auto colon = head.find(": ", start);
        if (end == start) break;
        reply.headers[lower(std::string{head.substr(start, colon - start)})] =
            head.substr(colon + 2, end - colon - 2);
        start = end + 2;
    }
    return reply;
}

}  // namespace

HttpClient::HttpClient(std::uint16_t port, int receive_buffer)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    if (socket_ < 0) fail("socket");
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer > 0)
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return;
    const int reason = errno;
    ::close(socket_);
    errno = reason;
    fail("connect");
}

HttpClient::~HttpClient() {
    SSL_free(session_);
    SSL_CTX_free(context_);
    ::close(socket_);
}

bool HttpClient::start_tls(const TlsWish& wish) {
    context_ = SSL_CTX_new(TLS_client_method());
    if (wish.version) {
        SSL_CTX_set_min_proto_version(context_, wish.version);
        SSL_CTX_set_max_proto_version(context_, wish.version);
    }
    session_ = SSL_new(context_);
    SSL_set_fd(session_, socket_);
    if (!wish.name.empty()) SSL_set_tlsext_host_name(session_, wish.name.c_str());
    const auto protocols = on_the_wire(wish.protocols);
    SSL_set_alpn_protos(session_, reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    return SSL_connect(session_) == 1;
}

std::string HttpClient::certificate_name() const {
    X509* shown = SSL_get1_peer_certificate(session_);
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name.data(), name.size());
    X509_free(shown);
    return name.data();
}

std::string HttpClient::protocol() const {
    const unsigned char* chosen = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(session_, &chosen, &length);
    return {reinterpret_cast<const char*>(chosen), length};
}

bool HttpClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = session_ ? SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()))
                                   : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void HttpClient::finish() {
    if (session_) SSL_shutdown(session_);
    ::shutdown(socket_, SHUT_WR);
}

bool HttpClient::receive() {
    std::array<char, 64 << 10> piece;
    errno = 0;
    const auto got = session_ ? SSL_read(session_, piece.data(), static_cast<int>(piece.size()))
                              : ::recv(socket_, piece.data(), piece.size(), 0);
    if (got <= 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            throw std::runtime_error{"the server said nothing for 20 s"};
        return false;
    }
    received_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
}

std::optional<Reply> HttpClient::take_reply(bool to_head) {
    const auto end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    auto reply = parse_head(std::string_view{received_}.substr(0, end + 4));
    const auto length = reply.headers.find("content-length");
    const bool has_body = length != reply.headers.end() && !to_head;
    const auto size = has_body ? std::stoul(length->second) : 0;
    if (received_.size() < end + 4 + size) return std::nullopt;
    reply.body = received_.substr(end + 4, size);
    received_.erase(0, end + 4 + size);
    return reply;
}

std::optional<Reply> HttpClient::reply(bool to_head) {
    for (;;) {
        if (auto whole = take_reply(to_head)) return whole;
        if (!receive()) return std::nullopt;
    }
}

std::optional<Reply> HttpClient::ask(std::string_view bytes, bool to_head) {
    send(bytes);
    return reply(to_head);
}

std::string HttpClient::rest() {
    while (receive()) continue;
    return std::exchange(received_, {});
}

bool HttpClient::has_news() const {
    pollfd look{socket_, POLLIN, 0};
    return !received_.empty() || ::poll(&look, 1, 0) > 0;
}

}  // namespace carillon::test
