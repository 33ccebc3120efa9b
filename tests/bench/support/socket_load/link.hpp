// One loop over epoll, and TCP connections on it, with or without TLS.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "measure.hpp"

namespace load {

class Handler {
public:
    virtual ~Handler() = default;
    virtual void ready(std::uint32_t events) = 0;
};

class Loop {
public:
    Loop() : epoll_{epoll_create1(EPOLL_CLOEXEC)} {}

    void add(int fd, std::uint32_t events, Handler& handler) {
        epoll_event event{.events = events, .data = {.ptr = &handler}};
        if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0)
            fail("epoll_ctl: " + std::string{strerror(errno)});
    }

    // Whatever is ready, once; waits for it until then at most. Not in whole milliseconds: messages are due
    // between.
    void turn(std::int64_t until_ns) {
        const auto wait_ns = std::max<std::int64_t>(until_ns - now_ns(), 0);
        const timespec wait{.tv_sec = wait_ns / 1'000'000'000, .tv_nsec = wait_ns % 1'000'000'000};
        const int count =
            epoll_pwait2(epoll_, events_.data(), static_cast<int>(events_.size()), &wait, nullptr);
        for (int i = 0; i < count; ++i) {
            const auto& event = events_[static_cast<std::size_t>(i)];
            static_cast<Handler*>(event.data.ptr)->ready(event.events);
        }
    }

private:
    int epoll_;
    std::array<epoll_event, 1024> events_{};
};

// A client's end. Edge-triggered and never re-armed: whoever reads reads until nothing comes, and what could
// not be written goes out when there is room again.
class Link {
public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    ~Link() { abort(); }

    // From the loopback's address of that number, unless it is 0: one has some 28 000 ports to connect from,
    // and the kernel looks for a free one the longer the more are taken.
    void connect(Loop& loop, Handler& handler, std::uint16_t port, std::uint16_t source, SSL_CTX* tls) {
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd_ < 0) fail("no more sockets can be opened: " + std::string{strerror(errno)});
        constexpr int on = 1;
        setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (source != 0) {
            setsockopt(fd_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
            const auto from = loopback(source, 0);
            if (bind(fd_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) fail("bind failed");
        }
        if (tls) {
            ssl_ = SSL_new(tls);
            SSL_set_fd(ssl_, fd_);
            SSL_set_connect_state(ssl_);
        }
        const auto to = loopback(1, port);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
            fail("connect: " + std::string{strerror(errno)});
        }
        loop.add(fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, handler);
    }

    bool is_open() const { return fd_ >= 0; }
    bool is_tls() const { return ssl_ != nullptr; }

    void write(std::string_view text) {
        unsent_ += text;
        flush();
    }

    // Before the connection stands this does nothing, and an event follows when it does.
    void flush() {
        while (!unsent_.empty()) {
            const auto sent = ssl_ ? SSL_write(ssl_, unsent_.data(), static_cast<int>(unsent_.size()))
                                   : send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;  // a connection that has ended says so when it is read
            unsent_.erase(0, static_cast<std::size_t>(sent));
        }
        unsent_.shrink_to_fit();
    }

    enum class Got { data, nothing, end };

    // `size` becomes how much came.
    Got read(char* into, std::size_t room, std::size_t& size) {
        if (ssl_) return read_tls(into, room, size);
        const auto count = recv(fd_, into, room, 0);
        size = count > 0 ? static_cast<std::size_t>(count) : 0;
        if (count > 0) return Got::data;
        return count < 0 && errno == EAGAIN ? Got::nothing : Got::end;
    }

    // Without a farewell, as a phone does that loses its network; leaves no port waiting either.
    void abort() {
        if (fd_ < 0) return;
        constexpr linger at_once{.l_onoff = 1, .l_linger = 0};
        setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        close(fd_);
        SSL_free(ssl_);
        fd_ = -1;
        ssl_ = nullptr;
        unsent_.clear();
    }

private:
    static sockaddr_in loopback(std::uint16_t host, std::uint16_t port) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(0x7f000000U + host);
        return address;
    }

    Got read_tls(char* into, std::size_t room, std::size_t& size) {
        const int count = SSL_read(ssl_, into, static_cast<int>(room));
        size = count > 0 ? static_cast<std::size_t>(count) : 0;
        if (count > 0) return Got::data;
        const int why = SSL_get_error(ssl_, count);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? Got::nothing : Got::end;
    }

    int fd_ = -1;
    SSL* ssl_ = nullptr;
    std::string unsent_;
};

// What came over a link and is not whole yet. All links share one buffer, and keep only such a rest.
class Inbox {
public:
    // Calls `take(begin, end)`, which gives how much of it was whole, for all that has come. Says whether the
    // other side has ended, which `events` announces: else a read that leaves room has taken everything.
    template <class Take>
    bool drain(Link& link, std::uint32_t events, Take take) {
        const bool to_the_end = link.is_tls() || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        for (;;) {
            std::memcpy(buffer().data(), rest_.data(), rest_.size());
            const auto had = rest_.size();
            std::size_t size = 0;
            const auto room = buffer().size() - had;
            const auto got = link.read(buffer().data() + had, room, size);
            if (got != Link::Got::data) return got == Link::Got::end;
            const char* begin = buffer().data();
            const char* end = begin + had + size;
            begin += take(begin, end);
            if (!link.is_open()) return false;
            if (end - begin == static_cast<std::ptrdiff_t>(buffer().size())) fail("a message is too large");
            rest_.assign(begin, end);
            if (rest_.empty() && rest_.capacity() > 256) rest_.shrink_to_fit();
            if (size < room && !to_the_end) return false;
        }
    }
    void clear() { rest_ = {}; }

private:
    static std::array<char, 1 << 18>& buffer() {
        static std::array<char, 1 << 18> shared;
        return shared;
    }

    std::string rest_;
};

}  // namespace load
