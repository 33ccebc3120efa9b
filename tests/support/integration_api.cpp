#include "support/api.hpp"

#include <boost/asio/io_context.hpp>
#include <deque>
#include <optional>

#include "http/idempotency.hpp"
#include "http/jwt.hpp"
#include "http/router.hpp"
#include "support/loop.hpp"

namespace carillon::test {
namespace {

const Secret signing_key{"a secret that only the tests know, 32 bytes"};

std::shared_ptr<const http::JwtVerifier> verifier() {
    http::JwtSettings settings;
    settings.hs256_secret = signing_key;
    return std::make_shared<const http::JwtVerifier>(http::JwtVerifier::create(settings).value());
}

class Pieces final : public BodyStream {
public:
    explicit Pieces(std::vector<std::string> pieces) : pieces_{std::move(pieces)} {}

    boost::asio::awaitable<std::string_view> next() override {
        if (given_ == pieces_.size()) co_return std::string_view{};
        co_return pieces_[given_++];
    }

private:
    std::vector<std::string> pieces_;
    std::size_t given_ = 0;
};

// A request with what its views point to.
struct Sent {
    Sent(const Call& given, const std::string& token)
        : call{given}, stream{given.pieces.empty() ? std::vector{given.body} : given.pieces} {
        if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
        if (!call.body.empty() || !call.pieces.empty()) {
            call.headers.emplace_back("Content-Type", call.content_type);
            call.headers.emplace_back("Content-Length", std::to_string(call.body.size()));
        }
        const std::string_view target{call.target};
        request.method = call.method;
        request.target = target;
        request.path = target.substr(0, target.find('?'));
        if (request.path.size() < target.size()) request.query = target.substr(request.path.size() + 1);
        for (const auto& [name, value] : call.headers) request.headers.push_back({name, value});
        request.peer = "192.0.2.1";
    }

    Call call;
    Pieces stream;
    Request request;
};

Reply reply_of(const Response& response) {
    Reply reply{response.status, response.body, {}};
    for (const auto& [name, value] : response.headers) reply.headers.emplace_back(name, value);
    return reply;
}

}  // namespace

// One for all: a database's thread may still be letting go of a loop whose answer has come already, and the
// databases of a suite live longer than its tests.
asio::io_context& shared_loop() {
    static asio::io_context io;
    return io;
}

struct Api::Parts {
    Parts(db::Database& database, http::UserDirectory& directory, http::Routes routes, const Clock& time)
        : clock{time},
          gate{verifier(), directory, false, time},
          keys{database, http::IdempotencyKeys::Settings{}},
          router{settings(), gate, &keys, time, {}} {
        router.add(std::move(routes));
    }

    static http::RouterSettings settings() {
        http::RouterSettings settings;
        settings.rate.per_second = 0;
        return settings;
    }

    asio::awaitable<Reply> carry_out(Sent& sent) {
        const auto admission = router.admit(sent.request);
        if (admission.refused) co_return reply_of(*admission.refused);
        if (admission.streams)
            sent.request.stream = &sent.stream;
        else
            sent.request.body = sent.call.body;
        const auto response = co_await router.answer(sent.request);
        co_return reply_of(response);
    }

    Clock clock;
    http::Gate gate;
    http::IdempotencyKeys keys;
    http::Router router;
    std::string token;
    asio::io_context& io = shared_loop();
};

Json Reply::json() const {
    return body.empty() ? Json{} : Json::parse(body);
}

std::string Reply::header(std::string_view name) const {
    for (const auto& [given, value] : headers)
        if (given == name) return value;
    return {};
}

std::string Reply::code() const {
    return json().value("code", std::string{});
}

Api::Api(db::Database& database, http::UserDirectory& directory, http::Routes routes, Clock clock)
    : parts_{std::make_unique<Parts>(database, directory, std::move(routes), clock)} {}

Api::~Api() = default;

void Api::sign_in(const std::string& user, Role role) {
    http::TokenRequest wish;
    wish.user = UserId{user};
    wish.role = role;
    parts_->token = http::mint_token(wish, signing_key, parts_->clock()).value();
}

void Api::sign_out() {
    parts_->token.clear();
}

Reply Api::send(const Call& call) {
    Sent sent{call, parts_->token};
    return run_on_loop(parts_->io, parts_->carry_out(sent));
}

std::vector<Reply> Api::send_all(const std::vector<Call>& calls) {
    std::deque<Sent> sent;
    std::vector<std::future<Reply>> futures;
    for (const auto& call : calls) {
        auto& one = sent.emplace_back(call, parts_->token);
        futures.push_back(asio::co_spawn(parts_->io, parts_->carry_out(one), asio::use_future));
    }
    parts_->io.restart();
    parts_->io.run();
    std::vector<Reply> replies;
    for (auto& future : futures) replies.push_back(future.get());
    return replies;
}

Reply Api::get(const std::string& target) {
    return send({Method::get, target, {}, {}, {}, {}});
}

Reply Api::post(const std::string& target, const Json& body) {
    return send({Method::post, target, body.dump(), {}, "application/json", {}});
}

Reply Api::remove(const std::string& target) {
    return send({Method::del, target, {}, {}, {}, {}});
}

}  // namespace carillon::test
