#include "support/unit_router.hpp"

#include <boost/asio/co_spawn.hpp>
#include <carillon/phone.hpp>
#include <exception>
#include <memory>

#include "support/loop.hpp"
#include "support/unit_jwt.hpp"

namespace carillon::test {
namespace {

Json name_or_null(const std::optional<UserId>& user) {
    return user ? Json(user->value()) : Json();
}

asio::awaitable<Result<Response>> tell_who(Request& request) {
    std::optional<UserId> user;
    if (request.caller) user = request.caller->user;
    const Json answer{{"user", name_or_null(user)}, {"subject", name_or_null(request.subject)}};
    co_return json_response(200, answer);
}

}  // namespace

asio::awaitable<std::optional<UserId>> FakeDirectory::find(std::string_view id_or_phone) {
    ++asked;
    if (ids.contains(id_or_phone)) co_return UserId{std::string{id_or_phone}};
    const auto phone = as_phone(id_or_phone);
    const auto found = phone ? id_by_phone.find(phone->e164()) : id_by_phone.end();
    if (found == id_by_phone.end()) co_return std::nullopt;
    co_return UserId{found->second};
}

Ask Ask::with(std::string name, std::string value) const {
    auto more = *this;
    more.headers.emplace_back(std::move(name), std::move(value));
    return more;
}

Ask get(std::string target) {
    Ask ask;
    ask.target = std::move(target);
    return ask;
}

Ask post_json(std::string target, std::string body) {
    auto ask = get(std::move(target));
    ask.method = Method::post;
    ask.headers = {{"Content-Length", std::to_string(body.size())}, {"Content-Type", "application/json"}};
    ask.body = std::move(body);
    return ask;
}

RouterBench::RouterBench(http::RouterSettings settings, Mode mode)
    : gate{std::make_shared<const http::JwtVerifier>(verifier_with_secret()), directory,
           mode == Mode::development, [] { return jwt_now; }},
      router{std::move(settings), gate, nullptr, [] { return jwt_now; },
             [this](std::string_view route, Method method, int status, std::chrono::nanoseconds) {
                 seen.push_back({std::string{route}, method, status});
             }} {}

http::RouterSettings RouterBench::quiet() {
    http::RouterSettings settings;
    settings.rate.per_second = 0;
    settings.log_requests = false;
    return settings;
}

void RouterBench::add(http::Route route) {
    http::Routes routes;
    routes.push_back(std::move(route));
    router.add(std::move(routes));
}

void RouterBench::add_plain(Method method, std::string path, http::Access access, bool probe) {
    http::Route route{method, std::move(path), access, http::Takes::nothing, tell_who};
    route.probe = probe;
    add(std::move(route));
}

asio::awaitable<Response> RouterBench::exchange(const Ask& ask) {
    Request request;
    request.method = ask.method;
    request.target = ask.target;
    const auto mark = std::min(ask.target.find('?'), ask.target.size());
    request.path = request.target.substr(0, mark);
    request.query = request.target.substr(std::min(mark + 1, ask.target.size()));
    for (const auto& [name, value] : ask.headers) request.headers.push_back({name, value});
    request.peer = ask.peer;

    auto admission = router.admit(request);
    if (admission.refused) co_return std::move(*admission.refused);
    request.body = ask.body;
    co_return co_await router.answer(request);
}

Response RouterBench::ask(const Ask& ask) {
    return run_on_loop(io_, exchange(ask));
}

std::vector<std::size_t> RouterBench::order_of_answers(const std::vector<Ask>& asks) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < asks.size(); ++i)
        asio::co_spawn(io_, exchange(asks[i]), [&order, i](std::exception_ptr surprise, Response) {
            if (!surprise) order.push_back(i);
        });
    io_.restart();
    io_.run();
    return order;
}

std::string RouterBench::token(std::string user, Role role) {
    return http::mint_token({UserId{std::move(user)}, role, std::chrono::hours{1}, {}, {}}, a_secret(),
                            jwt_now)
        .value();
}

std::string RouterBench::bearer(std::string user, Role role) {
    return "Bearer " + token(std::move(user), role);
}

std::optional<std::string> header_of(const Response& response, std::string_view name) {
    for (const auto& [known, value] : response.headers)
        if (known == name) return value;
    return std::nullopt;
}

Json body_of(const Response& response) {
    return Json::parse(response.body);
}

std::string verdict_of(const Response& response) {
    auto verdict = std::to_string(response.status);
    if (response.content_type == problem_type)
        verdict += " " + body_of(response).at("code").get<std::string>();
    return verdict;
}

}  // namespace carillon::test
