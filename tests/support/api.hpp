#pragma once
// Requests to routes as the server would carry them out: the real router, gate and idempotency keys, without
// a socket.
#include <carillon/caller.hpp>
#include <carillon/json.hpp>
#include <carillon/response.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/database.hpp"
#include "http/gate.hpp"
#include "http/route.hpp"

namespace carillon::test {

struct Call {
    Method method = Method::get;
    std::string target;
    std::string body;
    // When there are any, the body comes in these instead.
    std::vector<std::string> pieces;
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers;
};

struct Reply {
    int status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;

    // Null when the body is empty.
    [[nodiscard]] Json json() const;
    [[nodiscard]] std::string header(std::string_view name) const;
    // The code of a problem document.
    [[nodiscard]] std::string code() const;
};

class Api {
public:
    Api(db::Database& database, http::UserDirectory& directory, http::Routes routes, Clock clock);
    ~Api();

    // From now on, calls are this user's.
    void sign_in(const std::string& user, Role role);
    void sign_out();

    Reply send(const Call& call);
    // All at once, on one loop.
    std::vector<Reply> send_all(const std::vector<Call>& calls);
    Reply get(const std::string& target);
    Reply post(const std::string& target, const Json& body);
    Reply remove(const std::string& target);

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace carillon::test
