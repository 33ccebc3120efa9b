#include "realtime/doorway.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "http/handshake.hpp"
#include "http/query.hpp"
#include "realtime/session.hpp"

namespace carillon::realtime {
namespace {

constexpr std::string_view native_protocol = "carillon.v1";
constexpr std::string_view users_cursor = "ws_users";
constexpr std::size_t longest_id = 128;
constexpr std::size_t longest_token = 8'192;
constexpr std::int64_t any_seq = std::numeric_limits<std::int64_t>::max();

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

Error too_long(std::string field) {
    return {Failure::invalid,
            "The request has values that cannot be used.",
            {{std::move(field), "must be a text of 1 to " + std::to_string(longest_id) + " characters"}}};
}

Error too_many_arrivals() {
    Error error{Failure::unavailable, "too_many_arrivals", "Too many are coming in at once."};
    error.retry_after_seconds = 2;
    return error;
}

Json look_json(const Session& session) {
    const auto look = session.look();
    return {{"connection_id", look.id},
            {"device", look.device},
            {"platform", look.platform},
            {"app_version", look.app_version},
            {"peer", look.peer},
            {"connected_at", to_rfc3339(look.connected_at)},
            {"seq", look.cursor},
            {"state", look.state},
            {"queued_messages", look.backlog.frames},
            {"queued_bytes", look.backlog.bytes}};
}

Json seen_json(const UserId& user, const std::vector<const Session*>& sessions) {
    Json connections = Json::array();
    for (const auto* session : sessions) connections.push_back(look_json(*session));
    return {{"user_id", user.value()}, {"connections", std::move(connections)}};
}

// Where a page of users begins: a number that this process gave out.
Result<std::size_t> place_of(const Json& cursor) {
    if (cursor.is_null()) return std::size_t{0};
    if (!cursor.is_number_unsigned()) return http::foreign_cursor();
    return cursor.get<std::size_t>();
}

}  // namespace

Doorway::Doorway(Hub& hub, Arrivals& arrivals, http::Tickets& tickets)
    : hub_{hub}, arrivals_{arrivals}, tickets_{tickets}, started_{std::chrono::steady_clock::now()} {}

http::Routes Doorway::routes() {
    using enum http::Access;
    using enum http::Takes;
    const auto run = [this](Answer (Doorway::*handler)(Request&)) -> http::Handler {
        return [this, handler](Request& request) { return (this->*handler)(request); };
    };
    const auto socket = run(&Doorway::enter);
    return {
        {Method::get, "/api/ws/status", optional, nothing, run(&Doorway::status)},
        {Method::post, "/api/ws/ticket", signed_in, maybe_json, run(&Doorway::ticket)},
        http::upgrading({Method::get, "/api/ws/{user_id}", self, nothing, socket}),
        http::insisting(
            http::upgrading({Method::get, "/api/ws/authenticated/{user_id}", self, nothing, socket})),
    };
}

Doorway::Answer Doorway::enter(Request& request) {
    http::QueryReader query{request.query};
    query.text("token", longest_token);
    query.text("ticket", longest_token);
    Session::Start start;
    start.since = query.integer("since", 0, any_seq);
    start.device = query.text("device", 4 * longest_id).value_or("");
    if (auto error = query.finish()) co_return std::move(*error);
    if (characters(start.device) > longest_id) co_return too_long("device");
    start.user = *request.subject;
    if (characters(start.user.value()) > longest_id) co_return too_long("user_id");
    if (request.caller) start.expires = request.caller->expires;

    const bool admitted = co_await arrivals_.turn();
    if (!admitted) co_return too_many_arrivals();
    const auto offered = http::listed(request, "Sec-WebSocket-Protocol");
    const bool native = std::find(offered.begin(), offered.end(), native_protocol) != offered.end();
    auto session = std::make_shared<Session>(hub_, std::move(start));
    co_return http::switch_protocols(request, std::move(session), native ? native_protocol : "");
}

Doorway::Answer Doorway::ticket(Request& request) {
    static const Json nothing = Json::object();
    FieldReader reader{request.json ? *request.json : nothing};
    if (auto error = reader.finish()) co_return std::move(*error);
    const auto issued = co_await tickets_.issue(*request.caller);
    auto response = json_response(201, {{"ticket", issued.ticket},
                                        {"expires_in", http::Tickets::lifetime.count()},
                                        {"expires_at", to_rfc3339(issued.expires)}});
    response.with("Cache-Control", "no-store");
    co_return response;
}

Json Doorway::status_json() const {
    const auto numbers = hub_.numbers();
    const auto uptime = std::chrono::steady_clock::now() - started_;
    const Json native{{"active_connections", numbers.connections},
                      {"total_connections", numbers.opened},
                      {"messages_sent", numbers.told_in_all()}};
    auto status = native;
    status["status"] = "healthy";
    status["connected_users"] = numbers.users;
    status["uptime_seconds"] = std::chrono::duration_cast<std::chrono::seconds>(uptime).count();
    status["node"] = hub_.settings().node;
    status["protocols"] = {{"native", native}};
    return status;
}

// Who is connected, from where and with what, is for admins.
Doorway::Answer Doorway::status(Request& request) {
    http::QueryReader query{request.query};
    const auto user = query.text("user_id", 4 * longest_id);
    const auto limit = static_cast<std::size_t>(query.limit());
    const auto cursor = query.cursor(users_cursor);
    if (auto error = query.finish()) co_return std::move(*error);
    auto status = status_json();
    if (request.caller && request.caller->role == Role::admin) {
        const auto from = place_of(cursor);
        if (from.has_error()) co_return from.error();
        auto& users = status["users"] = Json::array();
        status["next_cursor"] = nullptr;
        if (user) {
            const auto sessions = hub_.look(UserId{*user});
            if (!sessions.empty()) users.push_back(seen_json(UserId{*user}, sessions));
        } else {
            const auto page = hub_.look(*from, limit);
            for (const auto& seen : page.users) users.push_back(seen_json(seen.user, seen.sessions));
            if (page.next > 0) status["next_cursor"] = http::make_cursor(users_cursor, page.next);
        }
    }
    auto response = json_response(200, status);
    response.with("Cache-Control", "no-store");
    co_return response;
}

}  // namespace carillon::realtime
