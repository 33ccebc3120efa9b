#pragma once
// One byte stream for plain sockets and TLS, so that nothing above it is compiled twice. Reading and writing
// are tried at once and only then waited for; a waiting stream holds no buffer.
//
// Threads: the event loop. Lifetime: owned by its session. OpenSSL works on the descriptor itself: memory
// BIOs between the two would copy every byte once more and save nothing. It writes to sockets that are gone,
// so the program ignores SIGPIPE.
#include <sys/uio.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "net/tls.hpp"

namespace carillon::net {

namespace asio = boost::asio;

class Stream {
public:
    enum class Wants { nothing, read, write };
    struct Step {
        std::size_t bytes = 0;  // 0 and wants nothing: the stream has ended
        Wants wants = Wants::nothing;
    };

    // Plain without a context. The socket must be open.
    Stream(asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls);
    ~Stream();
    Stream(Stream&& other) noexcept;
    Stream& operator=(const Stream&) = delete;

    [[nodiscard]] bool secure() const noexcept { return session_ != nullptr; }
    // True when it is done; wants says what it waits for; neither: it failed.
    [[nodiscard]] bool try_handshake(Wants& wants);
    [[nodiscard]] Step try_read(char* into, std::size_t size);
    [[nodiscard]] Step try_write(std::string_view bytes);
    // In one call, as far as it takes them.
    [[nodiscard]] Step try_write(std::span<iovec> pieces);
    // Bytes that were received and decrypted already: waiting for the socket would miss them.
    [[nodiscard]] bool has_pending() const noexcept;

    // False when the wait was cancelled or the socket is gone.
    [[nodiscard]] asio::awaitable<bool> wait(Wants wants);
    // The same without a coroutine, for whoever waits in thousands: it is told whether the socket is ready.
    struct Waiter {
        void* who;
        void (*tell)(void* who, bool ready);
    };
    void wait(Wants wants, Waiter waiter);
    void cancel() noexcept;
    // How much the kernel takes that it has not sent yet.
    void limit_unsent(int bytes) noexcept;
    // Says goodbye and sends no more; reading goes on.
    void finish_writing() noexcept;

private:
    [[nodiscard]] Step tls_step(int result);

    asio::ip::tcp::socket socket_;
    std::shared_ptr<const TlsContext> tls_;
    ssl_st* session_ = nullptr;
};

}  // namespace carillon::net
