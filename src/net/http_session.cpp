#include "net/http_session.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "net/response_writer.hpp"
#include "net/server.hpp"

namespace carillon::net {
namespace {

// Answers to pipelined requests gather up to here before they are written.
constexpr std::size_t output_gathered = 64 << 10;
// One connection's pipelined requests in a row before others get their turn.
constexpr int requests_in_a_row = 32;
// What a refused request's body may still hold for the connection to be worth keeping.
constexpr std::size_t body_worth_skipping = 64 << 10;
constexpr std::size_t kept_when_idle = 4 << 10;
constexpr std::size_t lingering_bytes = 1 << 20;
constexpr std::chrono::seconds lingering_time{2};

// One for all connections of the loop: what is read is taken over before anybody else reads.
std::array<char, 64 << 10>& scratch() {
    thread_local std::array<char, 64 << 10> buffer;
    return buffer;
}

void release(std::string& buffer) {
    if (buffer.capacity() > kept_when_idle) std::string{}.swap(buffer);
}

bool begins_a_request(char first) {
    return (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
}

Error body_too_large(std::size_t limit) {
    return {Failure::too_large, "The body is larger than " + std::to_string(limit) + " bytes."};
}

// All of them as one list: a proxy may add a line of its own below the one that the client forged.
std::string forwarded_for(const Request& request) {
    std::string hops;
    for (const auto& [name, value] : request.headers)
        if (boost::beast::iequals(name, "X-Forwarded-For"))
            hops.append(hops.empty() ? "" : ",").append(value);
    return hops;
}

bool expects_continue(const Request& request) {
    return request.version >= 11 && request.header("Expect");
}

}  // namespace

HttpSession::HttpSession(Server& server, asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls,
                         std::string address)
    : server_{server},
      stream_{std::move(socket), std::move(tls)},
      deadline_{server.wheel(),
                [this] {
                    timed_out_ = true;
                    stream_.cancel();
                }},
      address_{std::move(address)},
      finder_{server.settings().header_bytes} {}

asio::awaitable<void> HttpSession::run() {
    if (!co_await shake_hands()) co_return;
    for (int in_a_row = 1;; ++in_a_row) {
        const bool more = co_await exchange();
        if (!more) break;
        if (output_.size() >= output_gathered) {
            const bool written = co_await flush();
            if (!written) co_return;
        }
        if (in_a_row % requests_in_a_row != 0) continue;
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::post(executor, asio::use_awaitable);
    }
    if (ended_) co_return;
    const bool written = co_await flush();
    if (written) co_await linger();
}

asio::awaitable<bool> HttpSession::shake_hands() {
    deadline_.set(server_.settings().header_time);
    for (;;) {
        Stream::Wants wants{};
        if (stream_.try_handshake(wants)) co_return true;
        if (wants == Stream::Wants::nothing) co_return false;
        idle_ = true;
        const bool ready = co_await stream_.wait(wants);
        idle_ = false;
        if (!ready || ended_) co_return false;
    }
}

asio::awaitable<bool> HttpSession::exchange() {
    request_.clear();
    request_.peer = address_;
    const auto head = co_await read_head();
    request_.started = std::chrono::steady_clock::now();
    if (head.has_error()) co_return hang_up(head.error());
    if (!*head) co_return false;

    parser_.emplace(request_);
    if (const auto error = parser_->parse_head()) co_return hang_up(*error);
    request_.secure = stream_.secure();
    request_.peer = server_.proxies().client(address_, forwarded_for(request_));

    auto admission = server_.router().admit(request_);
    if (admission.refused) {
        deadline_.set(server_.settings().body_time);
        co_return co_await turn_away(std::move(*admission.refused));
    }
    // A body that nobody will read must not cost memory either.
    parser_->expect_body(admission.keeps_body ? RequestParser::Body::keep : RequestParser::Body::discard,
                         admission.body_limit);
    if (const auto declared = parser_->declared(); declared && *declared > admission.body_limit)
        co_return hang_up(body_too_large(admission.body_limit));
    if (!parser_->complete() && expects_continue(request_) && input().empty())
        output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (admission.streams) {
        request_.stream = this;
    } else if (const auto error = co_await read_body()) {
        co_return hang_up(*error);
    }
    deadline_.clear();
    auto response = co_await server_.router().answer(request_);
    if (response.abort) co_return false;
    if (response.upgrade) co_return co_await hand_over(std::move(response));
    co_return reply(response, parser_->complete() && !response.close);
}

asio::awaitable<Result<bool>> HttpSession::read_head() {
    const auto& settings = server_.settings();
    finder_.reset();
    deadline_.set(settings.idle_time);
    for (bool begun = false, forgiven = false;;) {
        // One empty line before a request is forgiven (RFC 9112, 2.2).
        if (!forgiven && input().starts_with("\r\n")) {
            forgiven = true;
            consume(2);
        }
        const bool waits_for_request = input().empty() || (!forgiven && input() == "\r");
        if (!begun && !waits_for_request) {
            begun = true;
            deadline_.set(settings.header_time);
        }
        if (begun) {
            if (!begins_a_request(input().front()))
                co_return Error{Failure::malformed, "malformed_request", "This is not HTTP."};
            const auto length = finder_.find(input());
            if (length.has_error()) co_return length.error();
            if (*length) {
                request_.head.assign(input().substr(0, *length));
                consume(*length);
                co_return true;
            }
        }
        idle_ = !begun;
        const bool received = co_await receive();
        idle_ = false;
        if (!received) {
            if (timed_out_ && begun) co_return Error{Failure::timed_out, "The header took too long."};
            co_return false;
        }
    }
}

asio::awaitable<std::optional<Error>> HttpSession::read_body() {
    if (parser_->complete()) co_return std::nullopt;
    deadline_.set(server_.settings().body_time);
    for (;;) {
        if (!input().empty()) {
            const auto taken = parser_->take_body(input());
            if (taken.has_error()) co_return taken.error();
            consume(*taken);
            if (parser_->complete()) co_return std::nullopt;
        }
        const bool received = co_await receive();
        if (!received) co_return body_failure();
    }
}

asio::awaitable<std::string_view> HttpSession::next() {
    request_.body.clear();
    while (!parser_->complete()) {
        if (!input().empty()) {
            const auto taken = parser_->take_body(input());
            if (taken.has_error()) throw BodyError{taken.error()};
            consume(*taken);
            if (!request_.body.empty()) co_return request_.body;
            if (parser_->complete()) break;
        }
        deadline_.set(server_.settings().body_time);
        const bool received = co_await receive();
        deadline_.clear();
        if (!received) throw BodyError{body_failure()};
    }
    co_return std::string_view{};
}

// The answer was decided from the head. A small body is skipped so that the connection can go on; a client
// that waits for "100 Continue" may or may not send one, so there the connection ends.
asio::awaitable<bool> HttpSession::turn_away(Response response) {
    if (parser_->complete()) co_return reply(response, true);
    const auto declared = parser_->declared();
    if (!declared || *declared > body_worth_skipping || request_.header("Expect"))
        co_return reply(response, false);
    parser_->expect_body(RequestParser::Body::discard, body_worth_skipping);
    const auto error = co_await read_body();
    co_return reply(response, !error);
}

asio::awaitable<bool> HttpSession::hand_over(Response response) {
    append_response(output_, request_, response, Persistence::keep);
    const bool written = co_await flush();
    if (!written) co_return false;
    deadline_.clear();
    ended_ = true;
    std::string received{input()};
    server_.adopt(std::move(stream_), std::move(response.upgrade), request_.peer, address_,
                  std::move(received));
    co_return false;
}

bool HttpSession::hang_up(const Error& error) {
    if (ended_) return false;
    return reply(server_.router().refuse(request_, error), false);
}

bool HttpSession::reply(const Response& response, bool keep) {
    keep = keep && parser_ && parser_->wants_keep_alive() && !server_.draining() && !ended_;
    append_response(output_, request_, response, keep ? Persistence::keep : Persistence::close);
    return keep;
}

Error HttpSession::body_failure() const {
    if (timed_out_) return {Failure::timed_out, "The body took too long."};
    return {Failure::malformed, "malformed_request", "The body ended before it was complete."};
}

asio::awaitable<bool> HttpSession::receive() {
    const bool written = co_await flush();
    // A deadline may strike between a wait's end and our turn; nothing would end the next wait.
    if (!written || timed_out_ || (idle_ && last_)) co_return false;
    if (input().empty()) release(input_);
    auto wants = Stream::Wants::read;
    bool wait_first = !stream_.has_pending();
    for (;;) {
        if (wait_first) {
            const bool ready = co_await stream_.wait(wants);
            if (!ready || ended_ || timed_out_) co_return false;
        }
        wait_first = true;
        const auto step = stream_.try_read(scratch().data(), scratch().size());
        wants = step.wants;
        if (wants != Stream::Wants::nothing) continue;
        if (step.bytes == 0) co_return false;
        input_.erase(0, std::exchange(consumed_, 0));
        input_.append(scratch().data(), step.bytes);
        co_return true;
    }
}

asio::awaitable<bool> HttpSession::flush() {
    std::size_t written = 0;
    bool waited = false;
    while (!ended_ && written < output_.size()) {
        const auto step = stream_.try_write(std::string_view{output_}.substr(written));
        written += step.bytes;
        if (step.bytes > 0) continue;
        // An answer that went out in part can neither be taken up again nor be followed by another.
        ended_ = step.wants == Stream::Wants::nothing;
        if (ended_) break;
        deadline_.set(server_.settings().write_time);
        waited = true;
        const bool ready = co_await stream_.wait(step.wants);
        if (!ready) ended_ = true;
    }
    if (ended_) co_return false;
    output_.clear();
    release(output_);
    if (waited) deadline_.set(server_.settings().idle_time);
    co_return true;
}

// Closing with unread bytes in the socket makes the kernel reset the connection, and the answer may be lost
// on its way. So: say that nothing more comes, and read on for a moment.
asio::awaitable<void> HttpSession::linger() {
    stream_.finish_writing();
    deadline_.set(lingering_time);
    timed_out_ = false;
    for (std::size_t total = 0; total < lingering_bytes;) {
        input_.clear();
        consumed_ = 0;
        const bool received = co_await receive();
        if (!received) co_return;
        total += input_.size();
    }
}

void HttpSession::consume(std::size_t count) {
    consumed_ += count;
    if (consumed_ < input_.size()) return;
    input_.clear();
    consumed_ = 0;
}

void HttpSession::end_if_idle() {
    last_ = true;
    // What was answered goes out first.
    if (idle_ && output_.empty()) stream_.cancel();
}

void HttpSession::abort() {
    ended_ = true;
    stream_.cancel();
}

}  // namespace carillon::net
