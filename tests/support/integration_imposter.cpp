#include "support/integration_imposter.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <deque>
#include <exception>
#include <mutex>
#include <sstream>
#include <thread>

namespace carillon::test {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

struct Step {
    enum class Kind { reply, hang, hang_up } kind = Kind::reply;
    std::string bytes;
};

const auto as_value = asio::as_tuple(asio::use_awaitable);

std::string write_reply(int status, const std::string& body, const Imposter::Headers& headers) {
    auto text = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

Imposter::Request parse_head(const std::string& head) {
    Imposter::Request request;
    std::istringstream lines{head};
    lines >> request.method >> request.target;
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line) && line != "\r") {
        const auto colon = line.find(':');
        auto name = line.substr(0, colon);
        std::transform(name.begin(), name.end(), name.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto value = line.find_first_not_of(' ', colon + 1);
        request.headers[name] = line.substr(value, line.size() - 1 - value);
    }
    return request;
}

std::string path_of(const Imposter::Request& request) {
    return request.target.substr(0, request.target.find('?'));
}

}  // namespace

struct Imposter::Script::Steps {
    std::mutex& mutex;
    std::string path;
    std::string fragment;
    std::deque<Step> left;

    void add(Step step) {
        const std::lock_guard lock{mutex};
        left.push_back(std::move(step));
    }
    [[nodiscard]] bool fits(const Request& request) const {
        return path == path_of(request) && request.body.find(fragment) != std::string::npos;
    }
    Step take() {
        if (left.empty()) return {Step::Kind::reply, write_reply(404, "nothing scripted", {})};
        auto step = left.front();
        if (left.size() > 1) left.pop_front();
        return step;
    }
};

class Imposter::Server {
public:
    Server() : acceptor_{io_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}} {
        asio::co_spawn(io_, accept_all(), rethrow);
        thread_ = std::thread{[this] { io_.run(); }};
    }
    ~Server() {
        io_.stop();
        thread_.join();
    }

    [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    std::shared_ptr<Script::Steps> begin(const std::string& path, const std::string& fragment) {
        const std::lock_guard lock{mutex_};
        std::erase_if(scripts_,
                      [&](const auto& each) { return each->path == path && each->fragment == fragment; });
        scripts_.push_back(std::make_shared<Script::Steps>(Script::Steps{mutex_, path, fragment, {}}));
        return scripts_.back();
    }
    std::vector<Request> requests(const std::string& path) {
        const std::lock_guard lock{mutex_};
        std::vector<Request> found;
        for (const auto& request : requests_) {
            if (path_of(request) == path) found.push_back(request);
        }
        return found;
    }

private:
    static void rethrow(std::exception_ptr error) {
        if (error) std::rethrow_exception(error);
    }

    asio::awaitable<void> accept_all() {
        for (;;) {
            auto [error, socket] = co_await acceptor_.async_accept(as_value);
            if (error) co_return;
            asio::co_spawn(io_, serve(std::move(socket)), rethrow);
        }
    }

    asio::awaitable<void> serve(tcp::socket socket) {
        std::string buffer;
        for (;;) {
            auto unread = asio::dynamic_buffer(buffer);
            const auto [error, size] = co_await asio::async_read_until(socket, unread, "\r\n\r\n", as_value);
            if (error) co_return;
            auto request = parse_head(buffer.substr(0, size));
            buffer.erase(0, size);
            const auto length = request.header("content-length");
            const auto wanted = length.empty() ? 0 : std::stoul(length);
            if (buffer.size() < wanted) {
                const auto exactly = asio::transfer_exactly(wanted - buffer.size());
                const auto [broken, more] = co_await asio::async_read(socket, unread, exactly, as_value);
                if (broken) co_return;
            }
            request.body = buffer.substr(0, wanted);
            buffer.erase(0, wanted);
            const auto step = note(std::move(request));
            if (step.kind == Step::Kind::hang_up) co_return;
            if (step.kind == Step::Kind::hang) {
                co_await asio::async_read(socket, unread, as_value);  // until the other side has had enough
                co_return;
            }
            const auto reply = asio::buffer(step.bytes);
            const auto [lost, written] = co_await asio::async_write(socket, reply, as_value);
            if (lost) co_return;
        }
    }

    // Those with a fragment first.
    Step note(Request request) {
        const std::lock_guard lock{mutex_};
        Script::Steps* chosen = nullptr;
        for (const auto& each : scripts_) {
            if (each->fits(request) && (chosen == nullptr || chosen->fragment.empty())) chosen = each.get();
        }
        requests_.push_back(std::move(request));
        return chosen == nullptr ? Step{Step::Kind::reply, write_reply(404, "nothing scripted", {})}
                                 : chosen->take();
    }

    std::mutex mutex_;
    std::vector<std::shared_ptr<Script::Steps>> scripts_;
    std::vector<Request> requests_;
    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

std::string Imposter::Request::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
}

Imposter::Script& Imposter::Script::reply(int status, std::string body, Headers headers) {
    steps_->add({Step::Kind::reply, write_reply(status, body, headers)});
    return *this;
}

Imposter::Script& Imposter::Script::hangs() {
    steps_->add({Step::Kind::hang, {}});
    return *this;
}

Imposter::Script& Imposter::Script::hangs_up() {
    steps_->add({Step::Kind::hang_up, {}});
    return *this;
}

Imposter::Imposter() : server_{std::make_unique<Server>()} {}
Imposter::~Imposter() = default;

std::string Imposter::url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port());
}

Imposter::Script Imposter::when(const std::string& path, const std::string& fragment) {
    return Script{server_->begin(path, fragment)};
}

std::vector<Imposter::Request> Imposter::requests(const std::string& path) const {
    return server_->requests(path);
}

std::string refusing_address() {
    // Bound, so that nobody else gets the port, and never listening.
    static asio::io_context io;
    static tcp::acceptor bound{io, tcp::v4()};
    static const auto port = [] {
        bound.bind(tcp::endpoint{asio::ip::address_v4::loopback(), 0});
        return bound.local_endpoint().port();
    }();
    return "http://127.0.0.1:" + std::to_string(port);
}

}  // namespace carillon::test
