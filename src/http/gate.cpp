#include "http/gate.hpp"

#include <carillon/phone.hpp>
#include <utility>

namespace carillon::http {
namespace {

constexpr std::string_view scheme = "bearer ";

bool same_letters(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((text[i] | 0x20) != (lower[i] | 0x20)) return false;
    return true;
}

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
        case Access::signed_in:
        case Access::self: return true;
        case Access::staff: return caller.staff();
        case Access::admin: return caller.role == Role::admin;
    }
    return false;
}

}  // namespace

Gate::Gate(std::shared_ptr<const JwtVerifier> verifier, UserDirectory& directory, bool development,
           Clock clock)
    : verifier_{std::move(verifier)},
      directory_{directory},
      development_{development},
      clock_{std::move(clock)} {}

void Gate::replace(std::shared_ptr<const JwtVerifier> verifier) {
    verifier_ = std::move(verifier);
}

std::optional<Error> Gate::identify(Request& request, const Route& route) const {
    if (route.access == Access::open) return std::nullopt;
    const auto header = request.header("Authorization");
    if (!header) {
        const auto* user = user_in_path(request);
        if (!development_ || !user || route.access != Access::self) return sign_in_first();
        request.caller = Caller{UserId{user->value}, Role::customer, true};
        return std::nullopt;
    }
    if (header->size() <= scheme.size() || !same_letters(header->substr(0, scheme.size()), scheme))
        return Error{Failure::unauthenticated, "invalid_token",
                     "The Authorization header must be: Bearer <token>."};
    if (!verifier_)
        return Error{Failure::unauthenticated, "invalid_token", "This server has no key to check tokens."};
    auto claims = verifier_->verify(header->substr(scheme.size()), clock_());
    if (claims.has_error()) return claims.error();
    request.caller = Caller{std::move(claims->user), claims->role, false};
    if (!role_suffices(*request.caller, route.access)) return not_yours();
    return std::nullopt;
}

asio::awaitable<std::optional<UserId>> Gate::canonical(std::string_view id_or_phone) const {
    // Only what could be a phone number costs a look-up; whether an id exists is its handler's business.
    if (!as_phone(id_or_phone)) co_return UserId{std::string{id_or_phone}};
    co_return co_await directory_.find(id_or_phone);
}

asio::awaitable<std::optional<Error>> Gate::authorise(Request& request, const Route& route) const {
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
