#include <algorithm>

#include "app/commands/commands.hpp"
#include "config/suggestion.hpp"
#include "http/jwt.hpp"

namespace carillon::app {
namespace {

constexpr Role roles[] = {Role::admin,    Role::service,  Role::salesperson,   Role::property_manager,
                          Role::customer, Role::provider, Role::delivery_agent};

Error unknown_role(const std::string& name) {
    std::vector<std::string> known;
    for (const auto role : roles) known.emplace_back(name_of(role));
    return {Failure::invalid, "--role: there is no role " + name + config::suggestion(name, known) +
                                  "; see `carillon token --help`"};
}

Result<http::TokenRequest> parse(const TokenArguments& arguments) {
    const auto ttl = parse_duration(arguments.ttl);
    if (!ttl) return Error{Failure::invalid, "--ttl: " + ttl.error().detail};
    if (*ttl <= std::chrono::seconds{0}) return Error{Failure::invalid, "--ttl: must be more than nothing"};
    const auto role = role_named(arguments.role);
    if (!role) return unknown_role(arguments.role);
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    const auto characters = std::count_if(arguments.user.begin(), arguments.user.end(), begins);
    if (characters < 1 || characters > 128)
        return Error{Failure::invalid, "--user: must be 1 to 128 characters"};

    http::TokenRequest request;
    request.user = UserId{arguments.user};
    request.role = *role;
    request.ttl = *ttl;
    return request;
}

}  // namespace

int print_token(Shell& shell, const TokenArguments& arguments) {
    auto request = parse(arguments);
    if (!request) return shell.fail(request.error(), exit_usage);
    const auto loaded = shell.load(config::Scope::values);
    if (!loaded) return shell.fail(loaded.error());
    const auto& auth = loaded->config.auth;
    if (auth.jwt_secret.empty()) {
        return shell.fail({Failure::invalid,
                           "auth.jwt_secret is not set (AUTH_JWT_SECRET); without it no token can be "
                           "signed here"});
    }
    request->issuer = auth.issuer;
    request->audience = auth.audience;
    const auto now = shell.now();
    const auto token = http::mint_token(*request, auth.jwt_secret, now);
    if (!token) return shell.fail(token.error());

    if (shell.json) {
        // A token counts whole seconds.
        const auto expires = std::chrono::floor<std::chrono::seconds>(now) + request->ttl;
        shell.print({{"token", *token},
                     {"user", arguments.user},
                     {"role", arguments.role},
                     {"expires_at", to_rfc3339(expires)}});
    } else {
        shell.out << *token << '\n';
    }
    return exit_ok;
}

}  // namespace carillon::app
