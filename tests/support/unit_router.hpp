#pragma once
// A router with everything around it made up, asked as a session asks it.
#include <boost/asio/io_context.hpp>
#include <carillon/json.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/router.hpp"

namespace carillon::test {

namespace asio = boost::asio;

class FakeDirectory final : public http::UserDirectory {
public:
    asio::awaitable<std::optional<UserId>> find(std::string_view id_or_phone) override;

    std::set<std::string, std::less<>> ids;
    std::map<std::string, std::string> id_by_phone;  // E.164
    int asked = 0;
};

struct Ask {
    Method method = Method::get;
    std::string target;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::string peer = "192.0.2.1";

    // The same with one more header.
    [[nodiscard]] Ask with(std::string name, std::string value) const;
};
[[nodiscard]] Ask get(std::string target);
// With Content-Length and Content-Type, as a client sends it.
[[nodiscard]] Ask post_json(std::string target, std::string body);

struct Seen {
    std::string route;
    Method method;
    int status;
};

class RouterBench {
    asio::io_context io_;  // the router's threads may still touch it when an answer is there already

public:
    enum class Mode { production, development };
    explicit RouterBench(http::RouterSettings settings = quiet(), Mode mode = Mode::production);

    // No rate limit and no log.
    [[nodiscard]] static http::RouterSettings quiet();
    void add(http::Route route);
    // A route that answers 200 with {"user", "subject"}: whom it was entered as, and for.
    void add_plain(Method method, std::string path, http::Access access, bool probe = false);

    Response ask(const Ask& ask);
    // All are begun in this order; the places in the list by the order in which they were answered.
    std::vector<std::size_t> order_of_answers(const std::vector<Ask>& asks);

    [[nodiscard]] static std::string token(std::string user, Role role);
    // "Bearer <token>"
    [[nodiscard]] static std::string bearer(std::string user, Role role = Role::customer);

    FakeDirectory directory;
    std::vector<Seen> seen;
    http::Gate gate;
    http::Router router;

private:
    asio::awaitable<Response> exchange(const Ask& ask);
};

[[nodiscard]] std::optional<std::string> header_of(const Response& response, std::string_view name);
[[nodiscard]] Json body_of(const Response& response);
// "404 route_not_found" for a problem, "200" otherwise: what most tests look at.
[[nodiscard]] std::string verdict_of(const Response& response);

}  // namespace carillon::test
