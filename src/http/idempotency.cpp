#include "http/idempotency.hpp"

#include <carillon/bytes.hpp>
#include <algorithm>
#include <carillon/json.hpp>
#include <utility>

namespace carillon::http {
namespace {

// A key is free when nobody has it, when it has grown too old, or when its holder's lease ran out unanswered
// (the same body only: another one is a mistake whoever makes it). One statement, so that of two requests at
// once exactly one gets the row.
constexpr db::Statement take_key{"idempotency_take", R"sql(
    WITH taken AS (
        INSERT INTO idempotency_keys AS held (scope, fingerprint, leased_until)
        VALUES (decode($1, 'hex'), decode($2, 'hex'), now() + make_interval(secs => $3))
            ON CONFLICT (scope) DO UPDATE
           SET fingerprint = excluded.fingerprint, fence = held.fence + 1,
               leased_until = excluded.leased_until, created_at = now(),
               status = NULL, content_type = NULL, headers = NULL, body = NULL, about = NULL
         WHERE held.created_at < now() - make_interval(secs => $4)
            OR (held.status IS NULL AND held.leased_until < now() AND held.fingerprint = excluded.fingerprint)
        RETURNING fence)
    SELECT 'taken' AS state, fence, NULL AS status, NULL AS content_type, NULL AS headers, NULL AS body
      FROM taken
     UNION ALL
    SELECT CASE WHEN fingerprint <> decode($2, 'hex') THEN 'mismatch'
                WHEN status IS NULL THEN 'running'
                ELSE 'answered' END,
           fence, status, content_type, headers, body
      FROM idempotency_keys
     WHERE scope = decode($1, 'hex') AND NOT EXISTS (SELECT FROM taken))sql"};

// A 202 is provisional: the request that stored it with its work may still learn how it ended.
constexpr db::Statement keep_key{"idempotency_keep", R"sql(
    UPDATE idempotency_keys
       SET status = $3, content_type = $4, headers = $5, body = $6, about = nullif($7, '')
     WHERE scope = decode($1, 'hex') AND fence = $2 AND (status IS NULL OR status = 202))sql"};

constexpr db::Statement release_key{"idempotency_release", R"sql(
    DELETE FROM idempotency_keys
     WHERE scope = decode($1, 'hex') AND fence = $2 AND status IS NULL)sql"};

constexpr db::Statement trim_keys{"idempotency_trim", R"sql(
    DELETE FROM idempotency_keys
     WHERE scope IN (SELECT scope FROM idempotency_keys
                      WHERE created_at < now() - make_interval(secs => $1)
                      LIMIT 1000))sql"};

constexpr db::Statement erase_about{"idempotency_erase", R"sql(
    UPDATE idempotency_keys
       SET status = 410, content_type = 'application/problem+json', headers = '[]', body = $2
     WHERE about = $1 AND status IS NOT NULL)sql"};

// Answers come back with literals for names, as Response wants them.
std::string_view literal_name(std::string_view name) {
    constexpr std::string_view kept[] = {"Location", "ETag"};
    for (const auto known : kept)
        if (known == name) return known;
    return {};
}

std::string headers_text(const Response& answer) {
    Json list = Json::array();
    for (const auto& [name, value] : answer.headers)
        if (!literal_name(name).empty()) list.push_back({name, value});
    return to_text(list);
}

Response kept_answer(const pqxx::row& row) {
    Response answer;
    answer.status = row["status"].as<int>();
    answer.content_type = row["content_type"].as<std::string>() == problem_type ? problem_type : json_type;
    answer.body = row["body"].as<std::string>();
    const auto headers = Json::parse(row["headers"].as<std::string>());
    for (const auto& header : headers)
        answer.with(literal_name(header[0].get<std::string>()), header[1].get<std::string>());
    answer.with("Idempotency-Replayed", "true");
    return answer;
}

bool store(db::Session& session, const IdempotencyClaim& claim, const Response& answer, const UserId& about) {
    const auto rows =
        session.exec(keep_key, claim.scope, claim.fence, answer.status, std::string{answer.content_type},
                     headers_text(answer), answer.body, about.value());
    return rows.affected_rows() == 1;
}

}  // namespace

asio::awaitable<IdempotencyKeys::Taken> IdempotencyKeys::take(std::string scope, std::string_view body) {
    const auto name = to_hex(sha256(scope));
    const auto fingerprint = to_hex(sha256(body));
    auto ask = [this, &name, &fingerprint](db::Session& session) -> Taken {
        for (int tries = 0; tries < 5; ++tries) {
            const auto rows =
                session.exec(take_key, name, fingerprint, settings_.lease.count(), settings_.kept.count());
            // Nothing at all: another request's row was not yet visible when this statement began.
            if (rows.empty()) continue;
            const auto state = rows[0]["state"].as<std::string>();
            if (state == "taken") return IdempotencyClaim{name, rows[0]["fence"].as<std::int64_t>(), false};
            if (state == "mismatch") return Mismatch{};
            if (state == "running") return Running{};
            return kept_answer(rows[0]);
        }
        return Running{};
    };
    co_return co_await database_.statement(std::move(ask));
}

asio::awaitable<void> IdempotencyKeys::keep(const IdempotencyClaim& claim, const Response& answer,
                                            const UserId& about) {
    auto write = [&](db::Session& session) { store(session, claim, answer, about); };
    co_await database_.statement(std::move(write));
}

asio::awaitable<void> IdempotencyKeys::release(const IdempotencyClaim& claim) {
    auto remove = [&claim](db::Session& session) { session.exec(release_key, claim.scope, claim.fence); };
    co_await database_.statement(std::move(remove));
}

asio::awaitable<std::size_t> IdempotencyKeys::trim() {
    auto remove = [this](db::Session& session) {
        return static_cast<std::size_t>(session.exec(trim_keys, settings_.kept.count()).affected_rows());
    };
    co_return co_await database_.statement(std::move(remove));
}

void keep_answer(db::Session& session, Request& request, const Response& answer, const UserId& about) {
    if (!request.claim) return;
    // A job may run again; only its last run counts.
    request.claim->answer_stored = false;
    if (!store(session, *request.claim, answer, about))
        throw Unavailable{"idempotency_key_lost", "Another request with this Idempotency-Key took over.", 1};
    request.claim->answer_stored = true;
}

void erase_answers_about(db::Session& session, const UserId& user) {
    const auto gone = problem(Error{Failure::gone, "erased", "This answer was erased with its user."}, "");
    session.exec(erase_about, user.value(), gone.body);
}

void forget_answer(Request& request) {
    if (request.claim) request.claim->answer_stored = false;
}

std::optional<std::string> parse_idempotency_key(std::string_view header) {
    if (header.size() >= 2 && header.front() == '"' && header.back() == '"')
        header = header.substr(1, header.size() - 2);
    const auto visible = [](char c) { return c > ' ' && c < 0x7f && c != '"'; };
    if (header.empty() || header.size() > 255) return std::nullopt;
    if (!std::all_of(header.begin(), header.end(), visible)) return std::nullopt;
    return std::string{header};
}

}  // namespace carillon::http
