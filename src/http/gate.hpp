#pragma once
// Who is asking, and may they.
#include <boost/asio/awaitable.hpp>
#include <carillon/request.hpp>
#include <carillon/time.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "http/jwt.hpp"
#include "http/route.hpp"
#include "http/tickets.hpp"

namespace carillon::http {

// Turns what a path calls a user into the user: an id stays as it is, a phone number is looked up.
// Lives here with its caller; the users area implements it.
class UserDirectory {
public:
    virtual ~UserDirectory() = default;
    // The user with that id, else the one with that phone number; nothing when there is neither.
    virtual asio::awaitable<std::optional<UserId>> find(std::string_view id_or_phone) = 0;
};

class Gate {
public:
    // Without a verifier nobody can sign in (development mode on a machine with no keys).
    // Without tickets none is taken.
    Gate(std::shared_ptr<const JwtVerifier> verifier, UserDirectory& directory, bool development, Clock clock,
         Tickets* tickets = nullptr);

    // New keys, for requests from now on.
    void replace(std::shared_ptr<const JwtVerifier> verifier);

    // Reads the token, when the route asks for one: sets request.caller, or says why not. A route that wants
    // the user in the path may be entered without a token in development mode.
    [[nodiscard]] std::optional<Error> identify(Request& request, const Route& route) const;
    // Resolves {user_id} into request.subject and holds the route's access against the caller.
    [[nodiscard]] asio::awaitable<std::optional<Error>> authorise(Request& request, const Route& route) const;

private:
    std::optional<Error> identify_by(std::string_view token, Request& request, const Route& route) const;
    asio::awaitable<std::optional<Error>> take_ticket(Request& request, const Route& route) const;
    asio::awaitable<std::optional<UserId>> canonical(std::string_view id_or_phone) const;

    std::shared_ptr<const JwtVerifier> verifier_;
    UserDirectory& directory_;
    bool development_;
    Clock clock_;
    Tickets* tickets_;
};

}  // namespace carillon::http
