#include <algorithm>
#include <array>
#include <carillon/bytes.hpp>
#include <charconv>

#include "channels/access_token.hpp"
#include "channels/verdicts.hpp"

namespace carillon::channels {
namespace {

constexpr std::array temporary_statuses{408, 429, 500, 503, 504};
constexpr std::array<std::string_view, 3> temporary_errors{"internal_failure", "server_error",
                                                           "temporarily_unavailable"};
// What RFC 6749 leaves open; a token that ends sooner is noticed by the API's 401.
constexpr std::chrono::seconds usual_life{3600};
constexpr std::chrono::seconds longest_life{86'400};

template <class Table, class Value>
bool holds(const Table& table, const Value& value) {
    return std::find(table.begin(), table.end(), value) != table.end();
}

std::chrono::seconds life_of(const Json& body) {
    const auto found = body.find("expires_in");
    std::int64_t seconds = usual_life.count();
    if (found != body.end() && found->is_number()) {
        seconds = static_cast<std::int64_t>(std::clamp(found->get<double>(), 0.0, 1e6));
    } else if (found != body.end() && found->is_string()) {
        const auto& text = found->get_ref<const std::string&>();
        std::from_chars(text.data(), text.data() + text.size(), seconds);
    }
    return std::clamp(std::chrono::seconds{seconds}, std::chrono::seconds{0}, longest_life);
}

// The endpoint's error names ("invalid_grant") are a closed vocabulary; anything else could be a quotation.
std::string error_of(const Json& body) {
    const auto found = body.find("error");
    if (found == body.end() || !found->is_string()) return {};
    const auto& name = found->get_ref<const std::string&>();
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    return name.size() <= 40 && std::all_of(name.begin(), name.end(), is_plain) ? name : std::string{};
}

TokenGrant refusal(Reason reason, bool refused, Json answer) {
    TokenGrant grant;
    grant.reason = reason;
    grant.refused = refused;
    grant.answer = std::move(answer);
    return grant;
}

Json describe(const outbound::Reply& reply, const std::string& error) {
    Json answer{{"from", "oauth"}, {"status", reply.status}};
    if (!error.empty()) answer["code"] = error;
    return answer;
}

TokenAnswer read_failure(const outbound::Reply& reply) {
    auto answer = describe_failure(reply);
    answer["from"] = "oauth";
    const auto verdict = unanswered(reply, SecondCopy::harmless);
    auto grant = refusal(std::get<Retry>(verdict).reason, false, std::move(answer));
    grant.asked = reply.failure != outbound::Failure::refused;
    return {std::move(grant)};
}

TokenAnswer read_success(const outbound::Reply& reply, const Result<Json>& body, Time now) {
    if (!body || !body->is_object()) return {refusal(Reason::bad_answer, false, describe(reply, ""))};
    const auto token = body->find("access_token");
    // A scope that Google does not know is answered with an id_token alone.
    if (token == body->end() || !token->is_string() || token->get_ref<const std::string&>().empty())
        return {refusal(Reason::credentials_refused, true, describe(reply, "no_access_token"))};
    TokenGrant grant;
    grant.token = std::make_shared<const Secret>(token->get<std::string>());
    grant.expires = now + life_of(*body);
    return {std::move(grant)};
}

}  // namespace

TokenAnswer read_token_answer(const outbound::Reply& reply, Time now) {
    if (!reply.answered()) return read_failure(reply);
    const auto body = parse_json(reply.body);
    if (reply.status == 200) return read_success(reply, body, now);

    const auto error = body && body->is_object() ? error_of(*body) : std::string{};
    const auto temporary =
        holds(temporary_statuses, reply.status) || holds(temporary_errors, std::string_view{error});
    const auto refused = !temporary && reply.status >= 400 && reply.status < 500;
    auto reason = Reason::provider_error;
    if (refused) reason = Reason::credentials_refused;
    if (reply.status == 429) reason = Reason::rate_limited;
    if (reply.status < 400) reason = Reason::bad_answer;
    auto grant = refusal(reason, refused, describe(reply, error));
    grant.retry_after = reply.retry_after;
    return {std::move(grant), temporary};
}

}  // namespace carillon::channels
