#pragma once
// One connection: requests in, answers out, in order, pipelined ones too.
//
// Threads: the event loop. Lifetime: lives in the frame of its own coroutine (Server::serve).
// Invariants: one reader and one writer, both this coroutine. An idle connection holds no buffer worth
//   speaking of. A deadline runs whenever the peer is waited for and never while a handler works.
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/request_head.hpp"
#include "net/request_parser.hpp"
#include "net/stream.hpp"
#include "net/timer_wheel.hpp"

namespace carillon::net {

class Server;

class HttpSession final : private BodyStream {
public:
    HttpSession(Server& server, asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls,
                std::string address);

    asio::awaitable<void> run();

    // The server is going: nobody is being answered here, so hang up.
    void end_if_idle();
    void abort();

private:
    asio::awaitable<bool> shake_hands();
    // One request and its answer into output_; false when the connection is to end.
    asio::awaitable<bool> exchange();
    // False: the peer has gone, or came back with nothing.
    asio::awaitable<Result<bool>> read_head();
    asio::awaitable<std::optional<Error>> read_body();
    asio::awaitable<bool> turn_away(Response response);
    asio::awaitable<std::string_view> next() override;
    // The connection is a WebSocket from here on, and no longer ours.
    asio::awaitable<bool> hand_over(Response response);
    bool hang_up(const Error& error);
    bool reply(const Response& response, bool keep);

    asio::awaitable<bool> receive();
    asio::awaitable<bool> flush();
    asio::awaitable<void> linger();
    Error body_failure() const;

    [[nodiscard]] std::string_view input() const noexcept {
        return std::string_view{input_}.substr(consumed_);
    }
    void consume(std::size_t count);

    Server& server_;
    Stream stream_;
    TimerWheel::Deadline deadline_;
    std::string address_;
    Request request_;
    std::optional<RequestParser> parser_;
    HeadFinder finder_;
    std::string input_;
    std::size_t consumed_ = 0;
    std::string output_;
    bool idle_ = false;
    bool timed_out_ = false;
    bool last_ = false;   // hang up as soon as there is nothing to answer
    bool ended_ = false;  // nothing more is read or written
};

}  // namespace carillon::net
