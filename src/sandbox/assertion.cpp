#include "sandbox/assertion.hpp"

#include <algorithm>
#include <carillon/bytes.hpp>
#include <carillon/json.hpp>
#include <optional>

namespace carillon::sandbox {
namespace {

constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
constexpr double longest_life = 3600;
constexpr double skew = 300;
constexpr std::string_view known_scopes[] = {"https://www.googleapis.com/auth/firebase.messaging",
                                             "https://www.googleapis.com/auth/cloud-platform"};

TokenRefusal malformed() {
    return {"invalid_request", "Bad Request"};
}
TokenRefusal invalid_grant(std::string why) {
    return {"invalid_grant", std::move(why)};
}

// The three parts of a compact JWS, decoded.
struct Parts {
    Json header;
    Json claims;
    std::string_view signed_text;
    std::string signature;
};

std::optional<Json> object_in(std::string_view encoded) {
    const auto text = from_base64url(encoded);
    if (!text) return std::nullopt;
    auto parsed = parse_json(*text);
    if (!parsed || !parsed->is_object()) return std::nullopt;
    return std::move(*parsed);
}

std::optional<Parts> take_apart(std::string_view assertion) {
    const auto first = assertion.find('.');
    const auto second = first == assertion.npos ? first : assertion.find('.', first + 1);
    if (second == assertion.npos) return std::nullopt;
    auto header = object_in(assertion.substr(0, first));
    auto claims = object_in(assertion.substr(first + 1, second - first - 1));
    auto signature = from_base64url(assertion.substr(second + 1));
    if (!header || !claims || !signature) return std::nullopt;
    return Parts{std::move(*header), std::move(*claims), assertion.substr(0, second), std::move(*signature)};
}

std::string_view text_of(const Json& object, const char* name) {
    const auto found = object.find(name);
    if (found == object.end() || !found->is_string()) return {};
    return found->get_ref<const std::string&>();
}

std::optional<double> seconds_of(const Json& claims, const char* name) {
    const auto found = claims.find(name);
    if (found == claims.end() || !found->is_number()) return std::nullopt;
    return found->get<double>();
}

bool well_signed(const Parts& parts, const Account& account) {
    if (text_of(parts.header, "alg") != "RS256") return false;
    const bool other_key =
        parts.header.contains("kid") && text_of(parts.header, "kid") != account.private_key_id;
    return !other_key && account.key.signed_this(parts.signed_text, parts.signature);
}

bool short_lived(double issued, double expires, Time now) {
    const auto at = std::chrono::duration<double>(now.time_since_epoch()).count();
    return expires > issued && expires - issued <= longest_life && issued <= at + skew && expires > at - skew;
}

bool knows_a_scope(std::string_view scopes) {
    while (!scopes.empty()) {
        const auto end = std::min(scopes.find(' '), scopes.size());
        if (std::find(std::begin(known_scopes), std::end(known_scopes), scopes.substr(0, end)) !=
            std::end(known_scopes))
            return true;
        scopes.remove_prefix(std::min(end + 1, scopes.size()));
    }
    return false;
}

std::optional<std::string> field_of(std::string_view form, std::string_view name) {
    while (!form.empty()) {
        const auto end = std::min(form.find('&'), form.size());
        const auto pair = form.substr(0, end);
        form.remove_prefix(std::min(end + 1, form.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        if (percent_decode(pair.substr(0, equals), PlusIs::space) == name)
            return percent_decode(pair.substr(std::min(equals + 1, pair.size())), PlusIs::space);
    }
    return std::nullopt;
}

}  // namespace

TokenVerdict judge_token_request(std::string_view form, const Account& account,
                                 const std::vector<std::string>& audiences, Time now) {
    const auto grant = field_of(form, "grant_type");
    if (!grant) return malformed();
    if (*grant != jwt_bearer) return TokenRefusal{"unsupported_grant_type", "Invalid grant_type: " + *grant};
    const auto assertion = field_of(form, "assertion");
    if (!assertion) return malformed();
    return judge_assertion(*assertion, account, audiences, now);
}

TokenVerdict judge_assertion(std::string_view assertion, const Account& account,
                             const std::vector<std::string>& audiences, Time now) {
    const auto parts = take_apart(assertion);
    if (!parts) return malformed();
    if (!well_signed(*parts, account)) return invalid_grant("Invalid JWT Signature.");
    const auto& claims = parts->claims;
    if (text_of(claims, "iss") != account.client_email)
        return invalid_grant("Invalid grant: account not found");

    const auto issued = seconds_of(claims, "iat");
    if (!issued) return invalid_grant("Invalid JWT: iat (issued at) is not set.");
    const auto expires = seconds_of(claims, "exp");
    if (!expires) return invalid_grant("Invalid JWT: exp (expiration time) is not set.");
    if (!short_lived(*issued, *expires, now))
        return invalid_grant(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim.");

    const auto scopes = text_of(claims, "scope");
    if (scopes.empty())
        return TokenRefusal{"invalid_scope", "Invalid OAuth scope or ID token audience provided."};
    if (std::find(audiences.begin(), audiences.end(), text_of(claims, "aud")) == audiences.end())
        return invalid_grant("Invalid JWT: Failed audience check.");
    return knows_a_scope(scopes) ? Granted::access_token : Granted::id_token;
}

}  // namespace carillon::sandbox
