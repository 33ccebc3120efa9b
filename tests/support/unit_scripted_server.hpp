#pragma once
// A server that does what a test tells it, byte by byte: it answers, keeps silent or hangs up. Plain sockets,
// one thread for each connection; every blocking call ends when the server goes.
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace carillon::test {

class ScriptedServer {
public:
    struct Request {
        std::string head;  // with the empty line behind it
        std::string body;

        [[nodiscard]] std::string line() const { return head.substr(0, head.find("\r\n")); }
        // "" without it; the name as it was sent.
        [[nodiscard]] std::string header(std::string_view name) const;
    };

    // One connection, as its script sees it.
    class Peer {
    public:
        Peer(ScriptedServer& server, int socket, int number)
            : server_{server}, socket_{socket}, number_{number} {}

        // The next request, entered in requests(); false when the connection ended before it was complete.
        bool read();
        [[nodiscard]] const Request& request() const noexcept { return request_; }
        void say(std::string_view bytes) const;
        // Something has arrived; it is left unread.
        void wait_for_bytes() const;
        // Reads until the other side, or the server, is gone.
        void wait_for_end() const;
        // The connection ends with a reset instead of a goodbye.
        void reset() const;
        // Counted from 1.
        [[nodiscard]] int number() const noexcept { return number_; }

    private:
        ScriptedServer& server_;
        int socket_;
        int number_;
        std::string unread_;
        Request request_;
    };

    // When the script returns, the connection is closed.
    using Script = std::function<void(Peer&)>;

    explicit ScriptedServer(Script script);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    [[nodiscard]] std::string url(std::string_view path = "/") const;
    [[nodiscard]] int connections() const noexcept { return connections_; }
    // Those that have ended on this side.
    [[nodiscard]] int closed() const noexcept { return closed_; }
    [[nodiscard]] std::vector<Request> requests();
    [[nodiscard]] std::size_t request_count();

private:
    struct Connection {
        int socket;
        bool open = true;  // under the mutex
        std::thread thread;
    };

    void accept_all();
    void serve(Connection& connection, int number);

    Script script_;
    std::uint16_t port_ = 0;
    int listener_;
    std::atomic<int> connections_ = 0;
    std::atomic<int> closed_ = 0;
    std::mutex mutex_;
    bool stopping_ = false;
    std::list<Connection> open_;
    std::vector<Request> requests_;
    std::thread acceptor_;
};

// "HTTP/1.1 200 OK" with that body and its length; more headers each with their line end.
[[nodiscard]] std::string http_answer(std::string_view status, std::string_view body,
                                      std::string_view more_headers = {});
// Answers every request with it.
[[nodiscard]] ScriptedServer::Script always(std::string answer);
// A loopback port at which nobody listens.
[[nodiscard]] std::string refusing_url();

}  // namespace carillon::test
