#pragma once
// A route is a row that reads aloud: method, path, who may, what it takes, what runs.
#include <boost/asio/awaitable.hpp>
#include <carillon/request.hpp>
#include <carillon/response.hpp>
#include <functional>
#include <string>
#include <vector>

namespace carillon::http {

namespace asio = boost::asio;

enum class Access {
    open,       // anyone; a token is not even looked at
    optional,   // anyone; a token must be valid, if there is one
    signed_in,  // any valid token
    self,       // the user the path names as {user_id}, and staff
    staff,      // admin and service
    admin,
};

enum class Takes {
    nothing,     // a body is read and ignored, whatever its type
    json,        // application/json, required, parsed into request.json
    maybe_json,  // the same, but may be absent or empty
    raw,         // of any type, kept as it is in request.body: another party's format decides what it may be
    stream,      // request.stream; JSON array or lines, up to the bulk limit
};

// May fail by value (the router makes the problem document), or throw Unavailable or anything unforeseen.
using Handler = std::function<asio::awaitable<Result<Response>>(Request&)>;

struct Route {
    Method method = Method::get;
    std::string path;  // "/api/users/{user_id}/devices": a parameter is a whole segment
    Access access = Access::admin;
    Takes takes = Takes::nothing;
    Handler run;
    bool creates = false;  // honours Idempotency-Key
    bool probe = false;    // asked by machines all the time: neither rate limited nor logged
    // A WebSocket: the request must be a handshake, and since browsers can set no header on one, its token
    // may come in other ways too (see http/credentials.hpp).
    bool upgrades = false;
    bool insists = false;  // on a token, in development mode as well
};

using Routes = std::vector<Route>;

// For tables: `creating({Method::post, …})`, `probing({Method::get, …})`.
[[nodiscard]] inline Route creating(Route route) {
    route.creates = true;
    return route;
}
[[nodiscard]] inline Route upgrading(Route route) {
    route.upgrades = true;
    return route;
}
[[nodiscard]] inline Route insisting(Route route) {
    route.insists = true;
    return route;
}
[[nodiscard]] inline Route probing(Route route) {
    route.probe = true;
    return route;
}

}  // namespace carillon::http
