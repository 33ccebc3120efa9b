#include "net/stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <limits>
#include <utility>

namespace carillon::net {
namespace {

Stream::Step plain_step(ssize_t result, Stream::Wants wanted) {
    if (result > 0) return {static_cast<std::size_t>(result), Stream::Wants::nothing};
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return {0, wanted};
    return {};
}

// One record of TLS. A write that has to be repeated is given the same bytes again, and perhaps more.
std::string_view gather(std::span<const iovec> pieces) {
    thread_local std::array<char, 16 << 10> record;
    const auto bytes_of = [](const iovec& piece) {
        return std::string_view{static_cast<const char*>(piece.iov_base), piece.iov_len};
    };
    if (pieces.front().iov_len >= record.size()) return bytes_of(pieces.front());
    std::size_t size = 0;
    for (const auto& piece : pieces) {
        const auto taken = bytes_of(piece).copy(record.data() + size, record.size() - size);
        size += taken;
        if (taken < piece.iov_len) break;
    }
    return {record.data(), size};
}

int clamped(std::size_t size) {
    return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls)
    : socket_{std::move(socket)}, tls_{std::move(tls)} {
    socket_.non_blocking(true);
    boost::system::error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    if (!tls_) return;
    session_ = tls_->new_session();
    SSL_set_fd(session_, socket_.native_handle());
}

Stream::Stream(Stream&& other) noexcept
    : socket_{std::move(other.socket_)},
      tls_{std::move(other.tls_)},
      session_{std::exchange(other.session_, nullptr)} {}

Stream::~Stream() {
    SSL_free(session_);
}

Stream::Step Stream::tls_step(int result) {
    if (result > 0) return {static_cast<std::size_t>(result), Wants::nothing};
    const auto why = SSL_get_error(session_, result);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ) return {0, Wants::read};
    if (why == SSL_ERROR_WANT_WRITE) return {0, Wants::write};
    return {};
}

bool Stream::try_handshake(Wants& wants) {
    wants = Wants::nothing;
    if (!session_) return true;
    ERR_clear_error();
    const int result = SSL_do_handshake(session_);
    if (result == 1) return true;
    wants = tls_step(result).wants;
    return false;
}

Stream::Step Stream::try_read(char* into, std::size_t size) {
    if (!session_) return plain_step(::recv(socket_.native_handle(), into, size, 0), Wants::read);
    ERR_clear_error();
    return tls_step(SSL_read(session_, into, clamped(size)));
}

Stream::Step Stream::try_write(std::string_view bytes) {
    if (!session_)
        return plain_step(::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
                          Wants::write);
    ERR_clear_error();
    return tls_step(SSL_write(session_, bytes.data(), clamped(bytes.size())));
}

Stream::Step Stream::try_write(std::span<iovec> pieces) {
    if (session_) return try_write(gather(pieces));
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    return plain_step(::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL), Wants::write);
}

bool Stream::has_pending() const noexcept {
    return session_ && SSL_has_pending(session_) == 1;
}

asio::awaitable<bool> Stream::wait(Wants wants) {
    const auto what =
        wants == Wants::write ? asio::ip::tcp::socket::wait_write : asio::ip::tcp::socket::wait_read;
    const auto [error] = co_await socket_.async_wait(what, asio::as_tuple(asio::use_awaitable));
    co_return !error;
}

void Stream::wait(Wants wants, Waiter waiter) {
    const auto what =
        wants == Wants::write ? asio::ip::tcp::socket::wait_write : asio::ip::tcp::socket::wait_read;
    socket_.async_wait(what,
                       [waiter](const boost::system::error_code& error) { waiter.tell(waiter.who, !error); });
}

void Stream::cancel() noexcept {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Stream::limit_unsent(int bytes) noexcept {
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

void Stream::finish_writing() noexcept {
    if (session_ && SSL_is_init_finished(session_)) SSL_shutdown(session_);
    ERR_clear_error();
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace carillon::net
