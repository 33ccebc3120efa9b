#include "http/gate.hpp"

#include <carillon/phone.hpp>
#include <utility>

#include "http/credentials.hpp"

namespace carillon::http {
namespace {

const Parameter* user_in_path(const Request& request) {
    for (const auto& parameter : request.parameters)
        if (parameter.name == "user_id") return &parameter;
    return nullptr;
}

Error sign_in_first() {
    return {Failure::unauthenticated, "token_missing", "This needs a token: Authorization: Bearer <token>."};
}

Error not_yours() {
    return {Failure::forbidden, "This belongs to somebody else, or asks for another role."};
}

bool role_suffices(const Caller& caller, Access access) {
    switch (access) {
        case Access::open:
        case Access::optional:
        case Access::signed_in:
        case Access::self: return true;
        case Access::staff: return caller.staff();
        case Access::admin: return caller.role == Role::admin;
    }
    return false;
}

}  // namespace

Gate::Gate(std::shared_ptr<const JwtVerifier> verifier, UserDirectory& directory, bool development,
           Clock clock, Tickets* tickets)
    : verifier_{std::move(verifier)},
      directory_{directory},
      development_{development},
      clock_{std::move(clock)},
      tickets_{tickets} {}

void Gate::replace(std::shared_ptr<const JwtVerifier> verifier) {
    verifier_ = std::move(verifier);
}

std::optional<Error> Gate::identify(Request& request, const Route& route) const {
    if (route.access == Access::open) return std::nullopt;
    const auto shown = route.upgrades ? credentials_of_handshake(request) : credentials_of(request);
    if (shown.has_error()) return shown.error();
    if (!shown->token.empty()) return identify_by(shown->token, request, route);
    if (!shown->ticket.empty() || route.access == Access::optional) return std::nullopt;
    const auto* user = user_in_path(request);
    if (!development_ || !user || route.access != Access::self || route.insists) return sign_in_first();
    request.caller = Caller{UserId{user->value}, Role::customer, true, std::nullopt};
    return std::nullopt;
}

std::optional<Error> Gate::identify_by(std::string_view token, Request& request, const Route& route) const {
    if (!verifier_)
        return Error{Failure::unauthenticated, "invalid_token", "This server has no key to check tokens."};
    auto claims = verifier_->verify(token, clock_());
    if (claims.has_error()) return claims.error();
    request.caller = Caller{std::move(claims->user), claims->role, false, claims->expires};
    if (!role_suffices(*request.caller, route.access)) return not_yours();
    return std::nullopt;
}

// Not before the route is known to be one that takes it: looking at a ticket uses it up.
asio::awaitable<std::optional<Error>> Gate::take_ticket(Request& request, const Route& route) const {
    auto shown = credentials_of_handshake(request);
    std::optional<Caller> caller;
    if (tickets_ && shown.has_value()) caller = co_await tickets_->redeem(std::move(shown->ticket));
    if (!caller)
        co_return Error{Failure::unauthenticated, "invalid_ticket",
                        "The ticket was used, has run out, or is none."};
    if (!role_suffices(*caller, route.access)) co_return not_yours();
    request.caller = std::move(caller);
    co_return std::nullopt;
}

asio::awaitable<std::optional<UserId>> Gate::canonical(std::string_view id_or_phone) const {
    // Only what could be a phone number costs a look-up; whether an id exists is its handler's business.
    if (!as_phone(id_or_phone)) co_return UserId{std::string{id_or_phone}};
    co_return co_await directory_.find(id_or_phone);
}

asio::awaitable<std::optional<Error>> Gate::authorise(Request& request, const Route& route) const {
    if (route.upgrades && !request.caller && route.access != Access::open) {
        if (auto refused = co_await take_ticket(request, route)) co_return std::move(*refused);
    }
    const auto* named = user_in_path(request);
    if (!named) co_return std::nullopt;
    request.subject = co_await canonical(named->value);

    const bool checked = route.access == Access::self && request.caller && !request.caller->staff();
    if (checked && named->value != request.caller->user.value()) {
        // Another spelling of oneself is oneself. A stranger is told the same whether or not the number is
        // known here, so that numbers cannot be tried out.
        const auto caller = co_await canonical(request.caller->user.value());
        if (!request.subject || !caller || *caller != *request.subject) co_return not_yours();
    }
    if (!request.subject)
        co_return Error{Failure::not_found, "user_not_found", "No user has this phone number."};
    if (request.caller && request.caller->assumed) request.caller->user = *request.subject;
    co_return std::nullopt;
}

}  // namespace carillon::http
