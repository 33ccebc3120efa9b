#pragma once
// A client that sends exactly the bytes it is told to, over plain TCP or TLS, and waits no longer than it
// must.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace carillon::test {

struct Reply {
    int status = 0;
    std::string head;
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
};

// What a client asks for in its TLS hello.
struct TlsWish {
    std::string name;                    // SNI; empty: none
    std::vector<std::string> protocols;  // ALPN; empty: none
    int version = 0;                     // TLS1_2_VERSION, …; 0: any
};

class HttpClient {
public:
    // Throws std::runtime_error when nobody listens. A small receive buffer makes a client that cannot take
    // much.
    explicit HttpClient(std::uint16_t port, int receive_buffer = 0);
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // False when the server refuses the handshake.
    [[nodiscard]] bool start_tls(const TlsWish& wish);
    [[nodiscard]] std::string certificate_name() const;  // CN of what the server showed
    [[nodiscard]] std::string protocol() const;          // chosen by ALPN

    // False when the server does not take it any more.
    bool send(std::string_view bytes);
    // Says that no more will be sent.
    void finish();
    // One answer; nothing when the connection ends before there is a whole one. Answers to HEAD have no body.
    std::optional<Reply> reply(bool to_head = false);
    // send() and reply().
    std::optional<Reply> ask(std::string_view bytes, bool to_head = false);
    // All that still comes until the server closes. Throws std::runtime_error when it does not within 20 s.
    std::string rest();
    // Something can be read, or the end has come: a look without waiting.
    [[nodiscard]] bool has_news() const;

private:
    bool receive();
    [[nodiscard]] std::optional<Reply> take_reply(bool to_head);

    int socket_ = -1;
    ssl_ctx_st* context_ = nullptr;
    ssl_st* session_ = nullptr;
    std::string received_;
};

}  // namespace carillon::test
