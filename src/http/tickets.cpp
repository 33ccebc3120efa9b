#include "http/tickets.hpp"

#include <carillon/bytes.hpp>
#include <utility>

namespace carillon::http {
namespace {

constexpr db::Statement issue_statement{"ticket_issue", R"sql(
    INSERT INTO ws_tickets (digest, user_id, role, expires_at, token_expires_at)
    VALUES ($1, $2, $3, now() + $4::bigint * interval '1 second',
            to_timestamp($5::double precision / 1000000))
    RETURNING (extract(epoch FROM expires_at) * 1000000)::bigint AS expires_us)sql"};

// Deleting is what makes it good for one use, whoever else tries at the same moment.
constexpr db::Statement redeem_statement{"ticket_redeem", R"sql(
    DELETE FROM ws_tickets
     WHERE digest = $1
    RETURNING user_id, role, expires_at > now() AND coalesce(token_expires_at > now(), true) AS good,
              (extract(epoch FROM token_expires_at) * 1000000)::bigint AS token_expires_us)sql"};

constexpr db::Statement trim_statement{"ticket_trim", R"sql(
    DELETE FROM ws_tickets
     WHERE digest IN (SELECT digest FROM ws_tickets WHERE expires_at < now() - interval '1 minute' LIMIT 1000))sql"};

constexpr db::Statement erase_statement{"tickets_erase", "DELETE FROM ws_tickets WHERE user_id = $1"};

constexpr std::size_t ticket_bytes = 24;

Time time_of(const pqxx::field& microseconds) {
    return Time{std::chrono::microseconds{microseconds.as<std::int64_t>()}};
}

}  // namespace

asio::awaitable<Tickets::Issued> Tickets::issue(const Caller& caller) {
    Issued issued;
    issued.ticket = to_base64url(random_bytes(ticket_bytes));
    auto job = [&](db::Session& session) {
        std::optional<std::int64_t> token_expires;
        if (caller.expires) token_expires = caller.expires->time_since_epoch().count();
        const auto rows = session.exec(issue_statement, to_hex(sha256(issued.ticket)), caller.user.value(),
                                       std::string{name_of(caller.role)}, lifetime.count(), token_expires);
        return time_of(rows[0]["expires_us"]);
    };
    issued.expires = co_await database_.statement(std::move(job));
    co_return issued;
}

asio::awaitable<std::optional<Caller>> Tickets::redeem(std::string ticket) {
    auto job = [&ticket](db::Session& session) -> std::optional<Caller> {
        const auto rows = session.exec(redeem_statement, to_hex(sha256(ticket)));
        if (rows.empty() || !rows[0]["good"].as<bool>()) return std::nullopt;
        const auto role = role_named(rows[0]["role"].c_str());
        if (!role) return std::nullopt;
        Caller caller{UserId{rows[0]["user_id"].c_str()}, *role, false, std::nullopt};
        if (!rows[0]["token_expires_us"].is_null()) caller.expires = time_of(rows[0]["token_expires_us"]);
        return caller;
    };
    co_return co_await database_.statement(std::move(job));
}

asio::awaitable<std::size_t> Tickets::trim() {
    auto job = [](db::Session& session) {
        return static_cast<std::size_t>(session.exec(trim_statement).affected_rows());
    };
    co_return co_await database_.statement(std::move(job));
}

void erase_tickets(db::Session& session, const UserId& user) {
    session.exec(erase_statement, user.value());
}

}  // namespace carillon::http
